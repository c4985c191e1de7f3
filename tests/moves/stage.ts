// A network of in-memory stores in real cities with real tables, real packs and a clock that stands still until a test
// moves it: what the planner decides and the carrier does can be looked at step by step, and cut off anywhere.
import {
  type CopyId,
  KuraError,
  type MemberId,
  memberId,
  must,
  type PackId,
  packId,
  SMALL_SHAPE,
  type StoreId,
  storeId,
  toHex,
} from '@kura/base';
import {
  ed25519PublicKey,
  type StoreAcknowledgement,
  type StoredCopy,
  type StorePort,
} from '@kura/contract';
import {
  baseRiskOf,
  type CoordinatorDatabase,
  createGateway,
  embeddedCopyKeys,
  findCity,
  homeOf,
  MemberCoordinator,
  Network,
  storePlaceOf,
} from '@kura/coordinator';
import {
  CountedRandom,
  HandClock,
  HandProcesses,
  NETWORK_SECRET,
  openTestDatabase,
} from '@kura/coordinator/fixtures.ts';
import { foundCoordinator } from '@kura/coordinator/found.ts';
import { StoreErrands } from '@kura/coordinator/gateway/store-errands.ts';
import { INCIDENTS_LEASE, IncidentDuty } from '@kura/coordinator/incidents/incident-duty.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import { registerMember } from '@kura/coordinator/members/members.ts';
import type { CarryRequest } from '@kura/coordinator/moves/carry-pack.ts';
import { type Danger, noDanger } from '@kura/coordinator/moves/danger.ts';
import { MoveCarrier, type MoveCarrierParts } from '@kura/coordinator/moves/move-carrier.ts';
import { MovePlanner } from '@kura/coordinator/moves/move-planner.ts';
import { type MovesDone, runMovesDue } from '@kura/coordinator/moves/run-due.ts';
import { SUITES } from '@kura/copy-seal';
import { loadNative } from '@kura/native';
import { MemoryStore } from '@kura/store';

const native = loadNative();
const SHAPE = SMALL_SHAPE;

export interface StageFields {
  readonly cities: readonly string[];
  /** Stated of every store; undefined: folders without a line. */
  readonly lineMbit?: number;
  /** Cities whose stores only members from this level on may use. */
  readonly minimumLevels?: Readonly<Record<string, number>>;
  readonly capacityBytes?: number;
}

/** What goes wrong at a store, asked anew at every call. */
export interface Faults {
  receive?: () => void;
  acknowledge?: () => void;
}

export class Stage {
  readonly clock = new HandClock();
  readonly random = new CountedRandom('moves');
  readonly stores = new Map<string, MemoryStore>();
  readonly faults = new Map<string, Faults>();
  /** Cities whose stores do not answer. */
  readonly silent = new Set<string>();
  readonly #coordinatorSeed = new Uint8Array(32).fill(3);
  readonly #members: MemberId[];
  readonly #ownerSeeds = new Map<MemberId, Uint8Array>();
  #network: Network | undefined;

  private constructor(memberCount: number) {
    this.#members = Array.from({ length: memberCount }, () =>
      memberId(toHex(this.random.bytes(16))),
    );
  }

  /** The first member is of the highest level; further ones as `join` says. */
  static async open(fields: StageFields): Promise<Stage> {
    const stage = new Stage(4);
    await stage.#found(fields);
    return stage;
  }

  get network(): Network {
    return must(this.#network, 'the stage is open');
  }

  get database(): CoordinatorDatabase {
    return this.network.database;
  }

  get rows() {
    return this.database.kysely;
  }

  get member(): MemberId {
    return must(this.#members[0], 'a member');
  }

  get ownerSeed(): Uint8Array {
    return must(this.#ownerSeeds.get(this.member), 'an owner');
  }

  close(): void {
    this.network.close();
  }

  idOf(city: string): StoreId {
    return must(this.stores.get(city), `a store in ${city}`).identity.storeId;
  }

  cityOf(id: StoreId | null): string {
    return must(
      [...this.stores].find(([, store]) => store.identity.storeId === id),
      'a store',
    )[0];
  }

  async join(index: number, { level, home = 'tokyo' }: { level: number; home?: string }) {
    const id = must(this.#members[index], 'a member');
    const nowMs = this.clock.nowMs();
    const registration = { home: homeOf(findCity(home)), planId: 'own', ownLevel: level, nowMs };
    await this.database.transact((rows) => registerMember(rows, { memberId: id, ...registration }));
    return id;
  }

  /** A pack of the smallest size, at these stores; resolves to its content. */
  async save(
    cities: readonly string[],
    member = this.member,
  ): Promise<{ readonly packId: PackId; readonly sealed: Uint8Array }> {
    const coordinator = this.coordinator(member);
    const description = await coordinator.describe();
    const wanted = cities.map((city) => this.idOf(city));
    const gateway = createGateway({
      network: {
        ...description,
        copies: cities.length,
        stores: description.stores.filter(({ identity }) => wanted.includes(identity.storeId)),
      },
      stores: this.ways(),
      keys: embeddedCopyKeys(NETWORK_SECRET),
      native,
      hashing: 'gateway',
    });
    const id = packId(toHex(this.random.bytes(32)));
    const [leaves] = SHAPE.packLeaves;
    const sealed = this.random.bytes(leaves * SHAPE.leafBytes);
    const upload = await gateway.open(id, leaves);
    await upload.write(sealed);
    const record = await upload.finish();
    const session = await coordinator.beginSession('backup');
    await coordinator.recordPacks(session, [record]);
    await coordinator.endSession(session);
    return { packId: id, sealed };
  }

  coordinator(member = this.member): MemberCoordinator {
    return new MemberCoordinator({ network: this.network, memberId: member });
  }

  /** Cities where a copy of the pack counts, in alphabetical order. */
  async heldAt(id: PackId, member = this.member): Promise<readonly string[]> {
    const pack = await this.coordinator(member).pack(id);
    const held = (pack?.copies ?? []).filter(({ state }) => state === 'held');
    return held.map(({ storeId: at }) => this.cityOf(at)).sort();
  }

  /** What a store holds by its own account. */
  async namesAt(city: string): Promise<readonly CopyId[]> {
    const names: CopyId[] = [];
    for await (const name of must(this.stores.get(city), 'a store').enumerate()) names.push(name);
    return names;
  }

  /** A program of the network with a life of its own; `mortal`: it may die at any of its steps. */
  program(holder: string, parts: Partial<MoveCarrierParts> & { mortal?: Mortal } = {}): Program {
    const { mortal = new Mortal(), ...others } = parts;
    const database = mortal.tables(this.database);
    const { charter, clock, random, processes } = this.network;
    const network = new Network({ database, charter, clock, random, processes });
    const leases = new Leases({ database, holder });
    return {
      planner: new MovePlanner({ network, leases, coordinatorSeed: this.#coordinatorSeed }),
      carrier: new MoveCarrier({
        ...{ network, leases, native },
        stores: this.ways(mortal),
        keys: embeddedCopyKeys(NETWORK_SECRET),
        acknowledge: (at, { copyId }) => mortal.act(() => this.acknowledge(at, copyId)),
        ...others,
      }),
      errands: new StoreErrands({
        ...{ database, leases, nowMs: () => this.clock.nowMs(), random: this.random },
        stores: {
          reachable: () => new Set([...this.ways().keys()]),
          remote: (id) => ({
            obey: (warrant) =>
              mortal.act(async () => {
                await must(this.stores.get(this.cityOf(id)), 'a store').remove(warrant);
                return undefined;
              }),
          }),
        },
        onFailure: (_, error) => {
          throw error;
        },
      }),
    };
  }

  /** A further copy, as any gateway makes one. */
  async replicate({ memberId: id, pack, from, to, reason }: CarryRequest): Promise<StoredCopy> {
    const gateway = createGateway({
      network: await this.coordinator(id).describe(),
      ...{ stores: this.ways(), keys: embeddedCopyKeys(NETWORK_SECRET), native },
      hashing: 'gateway',
    });
    return gateway.replicate({ pack, from, to, reason });
  }

  /** Whatever held a lease is dead, and its time has passed. */
  async endLeases(): Promise<void> {
    await this.database.transact(async (rows) => {
      await rows.updateTable('leases').set({ until_ms: 0 }).execute();
    });
  }

  async acknowledge(at: StoreId, copy: CopyId): Promise<StoreAcknowledgement> {
    const city = this.cityOf(at);
    this.faults.get(city)?.acknowledge?.();
    if (this.silent.has(city)) throw new KuraError('unreachable', `${city} is silent`);
    return must(this.stores.get(city), 'a store').acknowledge(copy);
  }

  /** Incidents that are due: their stores are asked, and they are judged. Resolves to how many were. */
  async judge(): Promise<number> {
    const duty = new IncidentDuty({
      network: this.network,
      storeAt: (id) =>
        this.silent.has(this.cityOf(id)) ? undefined : this.stores.get(this.cityOf(id)),
    });
    const leases = new Leases({ database: this.database, holder: 'judge' });
    const lease = must(await leases.take(INCIDENTS_LEASE), 'nobody else judges');
    return await duty.round(lease);
  }

  /** Everything that is due, until nothing changes any more. */
  async run(
    { planner, carrier, errands }: Program,
    danger: Danger = noDanger(this.clock.nowMs()),
  ): Promise<MovesDone> {
    return runMovesDue({
      ...{ planner, carrier, errands, rows: this.rows },
      readDanger: async () => danger,
    });
  }

  ways(mortal = new Mortal()): ReadonlyMap<StoreId, StorePort> {
    const answering = [...this.stores].filter(([city]) => !this.silent.has(city));
    return new Map(
      answering.map(([city, store]): [StoreId, StorePort] => [
        store.identity.storeId,
        {
          identity: store.identity,
          stat: (copy) => mortal.act(() => store.stat(copy)),
          fetch: (copy, first, count, into) =>
            mortal.act(() => store.fetch(copy, first, count, into)),
          freeBytes: () => store.freeBytes(),
          receive: async (copy, member) => {
            this.faults.get(city)?.receive?.();
            const receiver = await store.receive(copy, member);
            return { ...receiver, finish: () => mortal.act(() => receiver.finish()) };
          },
        },
      ]),
    );
  }

  async #found(fields: StageFields): Promise<void> {
    const { cities, lineMbit, minimumLevels = {}, capacityBytes = 1e12 } = fields;
    for (const id of this.#members) this.#ownerSeeds.set(id, this.random.bytes(32));
    const seedsOf = [...this.#ownerSeeds];
    const ownerKeys = new Map(seedsOf.map(([id, seed]) => [id, ed25519PublicKey(seed)]));
    const seeds = cities.map(() => this.random.bytes(32));
    const ids = cities.map(() => storeId(toHex(this.random.bytes(16))));
    const storeKeys = new Map(
      ids.map((id, at) => [id, ed25519PublicKey(must(seeds[at], 'a seed'))]),
    );
    for (const [at, city] of cities.entries()) {
      const suite = must(SUITES[at % SUITES.length], 'a suite');
      const place = storePlaceOf(findCity(city));
      this.stores.set(
        city,
        new MemoryStore({
          identity: { storeId: must(ids[at], 'an id'), suite, place, inventoryEpoch: 1 },
          seed: must(seeds[at], 'a seed'),
          ...{ shape: SHAPE, ownerKeys, storeKeys, native, clock: this.clock },
          coordinatorKey: ed25519PublicKey(this.#coordinatorSeed),
        }),
      );
    }
    const database = await openTestDatabase();
    const { clock, random } = this;
    const processes = new HandProcesses();
    const coordinator = await foundCoordinator({
      ...{ database, clock, random, processes },
      networkSecret: NETWORK_SECRET,
      network: {
        memberId: this.member,
        shape: SHAPE,
        home: homeOf(findCity('tokyo')),
        ...{ copies: 2, level: 3, removalDelayMs: 0 },
      },
      stores: [...this.stores].map(([city, { identity }]) => ({
        identity,
        location: `/shelves/${city}`,
        baseRisk: baseRiskOf(findCity(city)),
        freeBytes: capacityBytes,
        minimumLevel: minimumLevels[city] ?? 1,
        ...(lineMbit === undefined
          ? {}
          : {
              service: {
                ...{ kind: 'strict' as const, readerAddress: undefined, rank: 1 },
                ...{ lineMbit, capacityBytes, operator: `in ${city}` },
              },
            }),
      })),
    });
    const { charter } = coordinator;
    this.#network = new Network({ database, charter, clock, random, processes });
  }
}

export interface Program {
  readonly planner: MovePlanner;
  readonly carrier: MoveCarrier;
  readonly errands: StoreErrands;
}

/** The power of one program is cut: nothing of it does anything from there on. */
export class Killed extends Error {}

/** Counts what a program does to tables and stores, and ends it before or after one of these acts. */
export class Mortal {
  readonly #at: number;
  readonly #isAfter: boolean;
  acts = 0;
  #isDead = false;

  constructor(at = Number.POSITIVE_INFINITY, when: 'before' | 'after' = 'before') {
    this.#at = at;
    this.#isAfter = when === 'after';
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  async act<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#isDead) throw new Killed('it is dead');
    const isLast = ++this.acts === this.#at;
    if (isLast && !this.#isAfter) this.#die();
    const result = await work();
    if (isLast) this.#die();
    return result;
  }

  /** Tables of which each transaction is an act. */
  tables(database: CoordinatorDatabase): CoordinatorDatabase {
    return new Proxy(database, {
      get: (target, name) => {
        if (name === 'transact') {
          const { transact } = target;
          return (work: Parameters<typeof transact>[0]) => this.act(() => target.transact(work));
        }
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  #die(): never {
    this.#isDead = true;
    throw new Killed('the power is cut');
  }
}
