// A gateway and three stores that it calls over TLS, one of which lies: in Frankfurt, which placement likes best for a
// member in Tokyo. What it lies about is each attack's.
import {
  type AlarmClock,
  type CopyId,
  systemAlarmClock as clock,
  copyId,
  type MemberId,
  memberId,
  must,
  packId,
  systemRandom as random,
  SECOND_MS,
  SMALL_SHAPE,
  type StoreId,
  storeId,
  toHex,
} from '@kura/base';
import { STORE_ENDPOINTS } from '@kura/contract/wire/endpoints/store.ts';
import { createGateway, embeddedCopyKeys } from '@kura/coordinator/gateway/index.ts';
import { KnownStores } from '@kura/coordinator/gateway/known-stores.ts';
import { baseRiskOf, findCity, homeOf, storePlaceOf } from '@kura/coordinator/placement/index.ts';
import { loadNative } from '@kura/native';
import { MemoryStore } from '@kura/store';
import { storeHandlers } from '@kura/store/api/handlers.ts';
import { fetchAll, ManualAlarmClock } from '@kura/testing';
import { type Edge, type Handlers, serve } from '@kura/wire';
import { passTime } from '@kura/wire/test-patience.ts';
import { NETWORK_ID, TestAuthority } from '../network/authority.ts';
import { plainDuties } from '../network/plain-duties.ts';
import type { AttackScene } from './attack.ts';

export type StoreAnswers = Handlers<typeof STORE_ENDPOINTS>;
/** The answers of an honest store as the rogue gives them. */
export type Lie = (honest: StoreAnswers, rogue: RogueStore) => Partial<StoreAnswers>;

const CITIES = ['frankfurt', 'seoul', 'ishikari'] as const;
const ROGUE = 'frankfurt';
const shape = SMALL_SHAPE;
const native = loadNative();
const LEAVES = shape.packLeaves[1];

export interface RogueStore {
  readonly store: MemoryStore;
  readonly seed: Uint8Array;
}

interface ServedStore extends RogueStore {
  readonly edge: Edge;
}

export class RogueScene implements AttackScene {
  readonly authority = new TestAuthority();
  readonly member: MemberId = memberId(toHex(random.bytes(16)));
  readonly #secret = random.bytes(32);
  readonly #stores = new Map<string, ServedStore>();
  #lie: Lie = () => ({});

  static async open(): Promise<RogueScene> {
    const scene = new RogueScene();
    for (const city of CITIES) scene.#stores.set(city, await scene.#serveStore(city));
    return scene;
  }

  get rogue(): RogueStore {
    return must(this.#stores.get(ROGUE), 'the scene was opened');
  }

  /** What an honest store answers, but for this. */
  tell(lie: Lie): void {
    this.#lie = lie;
  }

  /**
   * Sends a pack through a gateway that has just met its stores: "left out" if the copies lie at both honest stores,
   * and the rogue is named with this reason.
   */
  async send(): Promise<string> {
    return this.#withGateway(async (known) => {
      const sealed = random.bytes(LEAVES * shape.leafBytes);
      const upload = await this.#gateway(known).open(packId(toHex(random.bytes(32))), LEAVES);
      await upload.write(sealed);
      const record = await upload.finish();
      const holders = new Set(record.copies.map((copy) => copy.acknowledgement.storeId));
      if (holders.has(this.rogue.store.identity.storeId)) return 'believed';
      if (holders.size !== CITIES.length - 1) return `only ${holders.size} copies`;
      return `left out: ${record.failures[0]?.why ?? 'unreachable'}`;
    });
  }

  /** A copy that the rogue has, as a gateway reads it there. */
  async readBack(): Promise<Uint8Array> {
    return this.#withGateway((known) => this.#readAtRogue(known));
  }

  /** The same, and time passes as fast as there are alarms: for a rogue that does not answer. */
  async readBackPatiently(): Promise<Uint8Array> {
    const patient = new ManualAlarmClock(clock.nowMs());
    return this.#withGateway(async (known) => {
      let isOver = false;
      const read = this.#readAtRogue(known).finally(() => {
        isOver = true;
      });
      // Told below, and seen here if it fails while time passes.
      read.catch(() => undefined);
      while (!isOver) {
        const stepMs = Math.min(SECOND_MS, patient.nextMs({ except: [] }));
        await passTime(patient, { stepMs, durationMs: stepMs });
      }
      return await read;
    }, patient);
  }

  async #readAtRogue(known: KnownStores): Promise<Uint8Array> {
    const remote = must(known.remote(this.rogue.store.identity.storeId), 'it is met');
    return fetchAll(remote, await this.keepAtRogue(), shape);
  }

  /** A copy at the rogue, put there without the wire. */
  async keepAtRogue(bytes = random.bytes(LEAVES * shape.leafBytes)): Promise<CopyId> {
    const id = copyId(toHex(random.bytes(32)));
    const receiver = await this.rogue.store.receive(id, this.member);
    await receiver.write(bytes);
    await receiver.finish();
    return id;
  }

  /** Without a lie the rogue is like the others: it is asked first, and believed. */
  async check(): Promise<void> {
    this.#lie = () => ({});
    const how = await this.send();
    if (how !== 'believed') throw new Error(`an honest store is not used: ${how}`);
  }

  async close(): Promise<void> {
    for (const { edge } of this.#stores.values()) await edge.close();
  }

  /** Whether a gateway that meets the rogue now would use it. */
  meets(): Promise<string> {
    return this.#withGateway(async (known) => {
      const remote = known.remote(this.rogue.store.identity.storeId);
      return remote === undefined ? 'not met' : 'met';
    });
  }

  async #withGateway<T>(
    work: (known: KnownStores) => Promise<T>,
    timed: AlarmClock = clock,
  ): Promise<T> {
    const known = new KnownStores({
      shape,
      identity: () => this.authority.gateway(),
      trust: () => this.authority.trusts('store'),
      ...{ clock: timed, random },
    });
    try {
      const addresses = [...this.#stores.values()].map(
        ({ store, edge }) =>
          [store.identity.storeId, must(edge.address, 'it listens')] as [StoreId, string],
      );
      await known.setInward(new Map(addresses));
      return await work(known);
    } finally {
      known.close();
    }
  }

  #gateway(known: KnownStores) {
    return createGateway({
      network: {
        ...{ memberId: this.member, shape, home: homeOf(findCity('tokyo')) },
        ...{ copies: 2, level: 1, removalDelayMs: 0 },
        stores: [...this.#stores].map(([city, { store }]) => ({
          identity: store.identity,
          state: 'active',
          location: '',
          baseRisk: baseRiskOf(findCity(city)),
          freeBytes: store.freeBytes(),
        })),
      },
      stores: known,
      keys: embeddedCopyKeys(this.#secret),
      native,
      hashing: 'gateway',
    });
  }

  async #serveStore(city: string): Promise<ServedStore> {
    const seed = random.bytes(32);
    const id = storeId(toHex(random.bytes(16)));
    const place = storePlaceOf(findCity(city));
    const store = new MemoryStore({
      identity: { storeId: id, suite: 'chacha20', place, inventoryEpoch: 1 },
      ownerKeys: new Map([[this.member, random.bytes(32)]]),
      coordinatorKey: random.bytes(32),
      ...{ seed, shape, native, clock },
    });
    const honest = storeHandlers({
      ...{ keeper: store, shape, reserveBytes: 0, clock },
      duties: plainDuties(store.identity, seed),
    });
    const edge = await serve({
      endpoints: STORE_ENDPOINTS,
      handlers: city === ROGUE ? this.#lying(honest) : honest,
      tls: this.authority.identity({ role: 'store', network: NETWORK_ID, store: id }),
      listen: { host: '127.0.0.1', port: 0 },
      authorise: this.authority.judge(['gateway']),
      ...{ clock, random },
    });
    return { store, seed, edge };
  }

  /** Looks up with each call what the lie is now. */
  #lying(honest: StoreAnswers): StoreAnswers {
    const now = (): StoreAnswers => ({ ...honest, ...this.#lie(honest, this.rogue) });
    return {
      identify: (call) => now().identify(call),
      receiveCopy: (call) => now().receiveCopy(call),
      fetchTable: (call) => now().fetchTable(call),
      fetchLeaves: (call) => now().fetchLeaves(call),
      acknowledgeAgain: (call) => now().acknowledgeAgain(call),
      answerLeaves: (call) => now().answerLeaves(call),
      answerFullRead: (call) => now().answerFullRead(call),
      examineCopy: (call) => now().examineCopy(call),
      admitMember: (call) => now().admitMember(call),
      hearNotice: (call) => now().hearNotice(call),
      takeWithdrawal: (call) => now().takeWithdrawal(call),
      takeRevocations: (call) => now().takeRevocations(call),
      removeCopies: (call) => now().removeCopies(call),
    };
  }
}
