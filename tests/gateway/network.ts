// A network of in-memory stores in real cities, with faults that a test can put between gateway and store.
import {
  type CopyId,
  copyId,
  type MemberId,
  memberId,
  must,
  type NetworkShape,
  type PackId,
  packId,
  SMALL_SHAPE,
  type StoreId,
  storeId,
  toHex,
} from '@kura/base';
import type {
  AcknowledgedCopy,
  CopyReceiver,
  CopyStat,
  NetworkDescription,
  PackRecord,
  PackRow,
  StoreAcknowledgement,
  StoreIdentity,
  StorePort,
} from '@kura/contract';
import {
  createGateway,
  embeddedCopyKeys,
  type Gateway,
  type Hashing,
} from '@kura/coordinator/gateway/index.ts';
import { baseRiskOf, findCity, homeOf, storePlaceOf } from '@kura/coordinator/placement/index.ts';
import { copyKeyOf, openCopyCipher, SUITES, suiteOf, verifyLeaves } from '@kura/copy-seal';
import { loadNative } from '@kura/native';
import { MemoryStore } from '@kura/store';
import { ManualClock, SeededRandom } from '@kura/testing';

export const native = loadNative();

/** What goes wrong at a store; every call asks anew, so that a test can change it as it goes. */
export interface Faults {
  receive?: () => void;
  write?: (written: number, outer: Uint8Array) => void;
  /** Undefined leaves the answer as it is. */
  finish?: (ack: StoreAcknowledgement) => StoreAcknowledgement | undefined;
  table?: (copy: AcknowledgedCopy) => AcknowledgedCopy | undefined;
  stat?: (stat: CopyStat) => CopyStat | undefined;
  fetch?: (into: Uint8Array, firstLeaf: number) => void;
  freeBytes?: () => number;
  identity?: Partial<StoreIdentity>;
}

/** A store whose every answer may be wrong. */
class FaultyStore implements StorePort {
  readonly inner: MemoryStore;
  /** Signs in the name of this store. */
  readonly seed: Uint8Array;
  readonly faults: Faults = {};
  received = 0;
  /** Receivers that were neither finished nor given up. */
  open = 0;

  constructor(inner: MemoryStore, seed: Uint8Array) {
    this.inner = inner;
    this.seed = seed;
  }

  get identity(): StoreIdentity {
    return { ...this.inner.identity, ...this.faults.identity };
  }

  async receive(id: CopyId, member: MemberId): Promise<CopyReceiver> {
    this.received++;
    this.faults.receive?.();
    const receiver = await this.inner.receive(id, member);
    let written = 0;
    let isOpen = true;
    this.open++;
    const close = (): void => {
      if (isOpen) this.open--;
      isOpen = false;
    };
    return {
      write: async (outer) => {
        this.faults.write?.(written++, outer);
        await receiver.write(outer);
      },
      finish: async () => {
        close();
        const copy = await receiver.finish();
        const { leafHashes } = this.faults.table?.(copy) ?? copy;
        const acknowledgement = this.faults.finish?.(copy.acknowledgement) ?? copy.acknowledgement;
        return { acknowledgement, leafHashes };
      },
      abort: () => {
        close();
        receiver.abort();
      },
    };
  }

  async fetch(id: CopyId, firstLeaf: number, leafCount: number, into: Uint8Array): Promise<void> {
    await this.inner.fetch(id, firstLeaf, leafCount, into);
    this.faults.fetch?.(into, firstLeaf);
  }

  async stat(id: CopyId): Promise<CopyStat> {
    const stat = await this.inner.stat(id);
    return this.faults.stat?.(stat) ?? stat;
  }

  freeBytes(): number {
    return this.faults.freeBytes?.() ?? this.inner.freeBytes();
  }
}

export interface NetworkFields {
  readonly cities?: readonly string[];
  readonly copies?: number;
  readonly shape?: NetworkShape;
  /** Cities whose stores do not answer. */
  readonly silent?: readonly string[];
  readonly capacityBytes?: number;
  readonly hashing?: Hashing;
}

/** For a home in Tokyo the order of choice is Frankfurt, Seoul, Ishikari, Osaka. */
const CITIES = ['seoul', 'osaka', 'frankfurt', 'ishikari'];

export class TestNetwork {
  readonly random = new SeededRandom(7);
  readonly clock = new ManualClock();
  readonly shape: NetworkShape;
  readonly member: MemberId = memberId(toHex(this.random.bytes(16)));
  readonly networkSecret = this.random.bytes(32);
  readonly stores = new Map<string, FaultyStore>();
  readonly description: NetworkDescription;
  readonly gateway: Gateway;

  constructor(fields: NetworkFields = {}) {
    const { cities = CITIES, copies = 2, silent = [] } = fields;
    this.shape = fields.shape ?? SMALL_SHAPE;
    for (const [index, city] of cities.entries()) {
      const suite = must(SUITES[index % SUITES.length], 'a suite');
      this.stores.set(city, this.#newStore(city, suite, fields));
    }
    this.description = {
      memberId: this.member,
      shape: this.shape,
      home: homeOf(findCity('tokyo')),
      copies,
      level: 1,
      removalDelayMs: 0,
      stores: [...this.stores].map(([city, { inner }]) => ({
        identity: inner.identity,
        state: 'active',
        location: `/shelves/${city}`,
        baseRisk: baseRiskOf(findCity(city)),
        freeBytes: inner.freeBytes(),
      })),
    };
    const answering = [...this.stores].filter(([city]) => !silent.includes(city));
    this.gateway = createGateway({
      network: this.description,
      stores: new Map(answering.map(([, store]) => [store.inner.identity.storeId, store])),
      keys: embeddedCopyKeys(this.networkSecret),
      native,
      hashing: fields.hashing ?? 'agent',
    });
  }

  #newStore(city: string, suite: string, { capacityBytes }: NetworkFields): FaultyStore {
    const id = storeId(toHex(this.random.bytes(16)));
    const seed = this.random.bytes(32);
    const inner = new MemoryStore({
      identity: { storeId: id, suite, place: storePlaceOf(findCity(city)), inventoryEpoch: 1 },
      seed,
      shape: this.shape,
      ownerKeys: new Map([[this.member, this.random.bytes(32)]]),
      coordinatorKey: this.random.bytes(32),
      native,
      clock: this.clock,
      ...(capacityBytes === undefined ? {} : { capacityBytes }),
    });
    return new FaultyStore(inner, seed);
  }

  store(city: string): FaultyStore {
    return must(this.stores.get(city), `no store in ${city}`);
  }

  idOf(city: string): StoreId {
    return this.store(city).inner.identity.storeId;
  }

  cityOf(id: StoreId): string {
    const found = [...this.stores].find(([, store]) => store.inner.identity.storeId === id);
    return found?.[0] ?? '?';
  }

  citiesOf(record: PackRecord): string[] {
    return record.copies.map((copy) => this.cityOf(copy.acknowledgement.storeId));
  }

  newPack(leaves = this.shape.packLeaves[1]): { id: PackId; sealed: Uint8Array } {
    return {
      id: packId(toHex(this.random.bytes(32))),
      sealed: this.random.bytes(leaves * this.shape.leafBytes),
    };
  }

  /** Sends a pack in steps of `stepLeaves`. */
  async send(
    pack: { id: PackId; sealed: Uint8Array },
    stepLeaves = 3,
    gateway = this.gateway,
  ): Promise<PackRecord> {
    const { leafBytes } = this.shape;
    const upload = await gateway.open(pack.id, pack.sealed.length / leafBytes);
    for (let at = 0; at < pack.sealed.length; at += stepLeaves * leafBytes) {
      await upload.write(pack.sealed.subarray(at, at + stepLeaves * leafBytes));
    }
    return upload.finish();
  }

  rowOf(record: PackRecord): PackRow {
    const { packId: id, leafCount, copies } = record;
    return {
      packId: id,
      leafCount,
      state: 'standing',
      markedMs: undefined,
      copies: copies.map(
        ({ acknowledgement: { storeId: holder, copyId: name, root }, reason }) => ({
          storeId: holder,
          copyId: name,
          root,
          state: 'held',
          reason,
        }),
      ),
    };
  }

  /** What a copy is without its outer cipher, every leaf checked: what a restoring agent does. */
  async open(copy: { storeId: StoreId; copyId: CopyId; root: Uint8Array }): Promise<Uint8Array> {
    const store = this.store(this.cityOf(copy.storeId)).inner;
    const { leafBytes } = this.shape;
    const { leafCount, leafHashes } = await store.stat(copy.copyId);
    const bytes = new Uint8Array(leafCount * leafBytes);
    await store.fetch(copy.copyId, 0, leafCount, bytes);
    const { bulk } = native;
    const { root } = copy;
    const bad = verifyLeaves({ bulk, leafHashes, root, firstLeaf: 0, bytes, leafBytes });
    if (bad.length > 0) throw new Error(`leaves ${bad} are damaged`);
    const { networkSecret, member } = this;
    const scope = { networkSecret, memberId: member, storeId: copy.storeId, epoch: 0 };
    const cipher = openCopyCipher({
      bulk,
      suite: suiteOf(store.identity.suite),
      copyKey: copyKeyOf(scope),
      copyId: copyId(copy.copyId),
      leafBytes,
      direction: 'decrypt',
    });
    cipher.apply(0, bytes, bytes);
    cipher.free();
    return bytes;
  }
}
