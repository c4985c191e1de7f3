// What a test needs to have a store and to be everybody around it: owners, a coordinator and
// other stores, all with keys drawn from a seed.
import assert from 'node:assert/strict';
import {
  type CopyId,
  copyId,
  KuraError,
  type MemberId,
  memberId,
  must,
  type NetworkShape,
  type StoreId,
  storeId,
  toHex,
} from '@kura/base';
import {
  type ClosingConsent,
  type ClosingNotice,
  type ClosingWarrant,
  type DestroyPackWarrant,
  ed25519PublicKey,
  type RetireCopyWarrant,
  type StoreAcknowledgement,
  type StoreKeeperPort,
  type StorePort,
  type StoreReader,
  signAcknowledgement,
  signClosingConsent,
  signClosingNotice,
  signWarrant,
} from '@kura/contract';
import { ManualClock } from './clock.ts';
import { SeededRandom } from './random.ts';

const SEED_BYTES = 32;

/** Who is who around a store under test. */
export interface Founding {
  readonly ownerKeys: ReadonlyMap<MemberId, Uint8Array>;
  readonly coordinatorKey: Uint8Array;
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly clock: ManualClock;
  readonly random: SeededRandom;
}

export interface StoreUnderTest {
  readonly store: StoreKeeperPort;
  readonly shape: NetworkShape;
  /** Changes a byte within each of these leaves, as rot would. */
  damage(id: CopyId, leaves: readonly number[]): void | Promise<void>;
  /** False if damage of one leaf is lost at this store. */
  readonly canHeal: boolean;
  dispose(): void | Promise<void>;
}

export interface Person {
  readonly member: MemberId;
  readonly seed: Uint8Array;
}

/** When an owner who is asked has consented to a closing. */
const CONSENTED_MS = 1000;

/** Two members, a coordinator, and two other stores. */
export class Surroundings implements Founding {
  readonly clock = new ManualClock();
  readonly random: SeededRandom;
  readonly alice: Person;
  readonly bob: Person;
  /** Not admitted anywhere. */
  readonly stranger: Person;
  readonly coordinatorSeed: Uint8Array;
  readonly ownerKeys: ReadonlyMap<MemberId, Uint8Array>;
  readonly coordinatorKey: Uint8Array;
  readonly storeKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly #others: ReadonlyMap<StoreId, Uint8Array>;

  constructor(seed: number) {
    const random = new SeededRandom(seed);
    this.random = random;
    this.alice = newPerson(random);
    this.bob = newPerson(random);
    this.stranger = newPerson(random);
    this.coordinatorSeed = random.bytes(SEED_BYTES);
    this.coordinatorKey = ed25519PublicKey(this.coordinatorSeed);
    const keyOf = ({ member, seed }: Person): [MemberId, Uint8Array] => [
      member,
      ed25519PublicKey(seed),
    ];
    this.ownerKeys = new Map([keyOf(this.alice), keyOf(this.bob)]);
    this.#others = new Map([0, 1].map(() => [newStoreId(random), random.bytes(SEED_BYTES)]));
    this.storeKeys = new Map([...this.#others].map(([id, seed]) => [id, ed25519PublicKey(seed)]));
  }

  newCopyId(): CopyId {
    return copyId(toHex(this.random.bytes(32)));
  }

  newStoreId(): StoreId {
    return newStoreId(this.random);
  }

  /** Signed by the owner, due now, unless told otherwise. */
  destroy(store: StoreId, change: Partial<DestroyPackWarrant> & SignedBy): DestroyPackWarrant {
    const { by = this.alice.seed, ...fields } = change;
    const nowMs = this.clock.nowMs();
    const base = { kind: 'destroy-pack', storeId: store, copyIds: [], issuedMs: nowMs } as const;
    return signWarrant<DestroyPackWarrant>({ ...base, notBeforeMs: nowMs, ...fields }, by);
  }

  /** Signed by the coordinator, with what both other stores say, unless told otherwise. */
  retire(
    store: StoreId,
    change: Partial<RetireCopyWarrant> & Pick<RetireCopyWarrant, 'copyId'> & SignedBy,
  ): RetireCopyWarrant {
    const { by = this.coordinatorSeed, ...fields } = change;
    const base = {
      kind: 'retire-copy',
      storeId: store,
      issuedMs: this.clock.nowMs(),
      minimumCopies: 2,
      others: this.acknowledgements(),
    } as const;
    return signWarrant<RetireCopyWarrant>({ ...base, ...fields }, by);
  }

  /** What alice's owner consents to, and what the coordinator makes of it for this store, unless told otherwise. */
  notice(store: StoreId, change: Partial<ClosingNotice> & SignedBy = {}): Uint8Array {
    const { by = this.coordinatorSeed, ...fields } = change;
    const { member: pseudonym } = this.alice;
    const base = { storeId: store, pseudonym, consent: this.consent(), days: 30 };
    return signClosingNotice({ ...base, givenMs: this.clock.nowMs(), ...fields }, by);
  }

  consent(change: Partial<ClosingConsent> & SignedBy = {}): Uint8Array {
    const { by = this.alice.seed, ...fields } = change;
    const base = { memberId: this.alice.member, days: 30, timeMs: CONSENTED_MS };
    return signClosingConsent({ ...base, ...fields }, by);
  }

  /** Signed by the coordinator, unless told otherwise. */
  close(
    store: StoreId,
    change: Partial<ClosingWarrant> & Pick<ClosingWarrant, 'notice'> & SignedBy,
  ): ClosingWarrant {
    const { by = this.coordinatorSeed, ...fields } = change;
    const issuedMs = this.clock.nowMs();
    const base = { kind: 'closing', storeId: store, copyIds: [], issuedMs } as const;
    return signWarrant<ClosingWarrant>({ ...base, ...fields }, by);
  }

  /** One of each other store, for some copy of theirs. */
  acknowledgements(): StoreAcknowledgement[] {
    const timeMs = this.clock.nowMs();
    return [...this.#others].map(([other, seed]) => {
      const fields = { storeId: other, copyId: this.newCopyId(), leafCount: 16, timeMs };
      return signAcknowledgement({ ...fields, root: this.random.bytes(32) }, seed);
    });
  }
}

export interface SignedBy {
  /** Seed of whoever signs. */
  readonly by?: Uint8Array;
}

function newPerson(random: SeededRandom): Person {
  return { member: memberId(toHex(random.bytes(16))), seed: random.bytes(SEED_BYTES) };
}

function newStoreId(random: SeededRandom): StoreId {
  return storeId(toHex(random.bytes(16)));
}

export interface Sending {
  readonly id: CopyId;
  readonly member: MemberId;
  readonly bytes: Uint8Array;
  /** Bytes per write; default all at once. */
  readonly step?: number;
}

/** Sends a copy and waits for the acknowledgement. */
export async function sendCopy(
  store: StorePort,
  { id, member, bytes, step = bytes.length }: Sending,
): Promise<StoreAcknowledgement> {
  const receiver = await store.receive(id, member, bytes.length);
  for (let at = 0; at < bytes.length; at += step) {
    await receiver.write(bytes.subarray(at, at + step));
  }
  return (await receiver.finish()).acknowledgement;
}

/** Names of all copies that the store has. */
export function copiesAt(store: StoreKeeperPort): Promise<CopyId[]> {
  return Array.fromAsync(store.enumerate());
}

/** All outer bytes of a copy, window by window. */
export async function fetchAll(
  store: StoreReader,
  id: CopyId,
  shape: NetworkShape,
): Promise<Uint8Array> {
  const { leafCount } = await store.stat(id);
  const bytes = new Uint8Array(leafCount * shape.leafBytes);
  for (let leaf = 0; leaf < leafCount; leaf += shape.windowLeaves) {
    const count = Math.min(shape.windowLeaves, leafCount - leaf);
    const from = leaf * shape.leafBytes;
    await store.fetch(id, leaf, count, bytes.subarray(from, from + count * shape.leafBytes));
  }
  return bytes;
}

/** The sizes a pack may have, smallest first, in bytes. */
export function packBytes(shape: NetworkShape, which: 0 | 1 | 2): number {
  return must(shape.packLeaves[which], 'a size') * shape.leafBytes;
}

export type CreateStore = (founding: Founding) => Promise<StoreUnderTest>;

export interface Scene extends StoreUnderTest {
  readonly around: Surroundings;
}

/** Runs `work` with a fresh store and the people around it. */
export type WithStore = (work: (scene: Scene) => Promise<void>) => () => Promise<void>;

export function rejectsWith(promise: Promise<unknown>, code: KuraError['code']): Promise<void> {
  return assert.rejects(promise, (error) => error instanceof KuraError && error.code === code);
}

/** A copy of the smallest size, acknowledged. */
export async function stored({ store, shape, around }: Scene, owner: Person): Promise<CopyId> {
  const id = around.newCopyId();
  const bytes = around.random.bytes(packBytes(shape, 0));
  await sendCopy(store, { id, member: owner.member, bytes });
  return id;
}
