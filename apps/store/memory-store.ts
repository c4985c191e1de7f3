// The twin of a folder shelf, in memory: the same verbs, the same refusals, no disk. It has no
// parity, so damage is never healed here. For simulations and for tests of whoever uses a store.
import {
  asKuraError,
  assert,
  type Clock,
  type CopyId,
  equalBytes,
  KuraError,
  type MemberId,
  type NetworkShape,
  type StoreId,
  toHex,
} from '@kura/base';
import {
  type AcknowledgedCopy,
  type CopyReceiver,
  type CopyStat,
  type Examination,
  ed25519PublicKey,
  type FullReadAnswer,
  type FullReadChallenge,
  type LeafAnswer,
  type LeafChallenge,
  type NoticeHeld,
  type ScrubResult,
  type StoreAcknowledgement,
  type StoreIdentity,
  type StoreKeeperPort,
  signAcknowledgement,
  type TakeEvidence,
  type Warrant,
} from '@kura/contract';
import { treeHead } from '@kura/log';
import type { Native } from '@kura/native';
import { answerFullRead } from './audit/answer-full-read.ts';
import { answerLeaves } from './audit/answer-leaves.ts';
import { examine } from './audit/examine.ts';
import type { AuditedCopy, AuditGround, CheckedCopy } from './audit/ground.ts';
import { type Authority, authorise, closingAuthority, copiesOf } from './authorise.ts';
import { ClosingBook } from './closing/closing-book.ts';
import { MemoryClosings } from './closing/closing-files.ts';
import { type FindingBook, MemoryFindingBook } from './findings/finding-book.ts';
import { noteDamage } from './findings/note-damage.ts';
import { MemoryOwners, type Owners } from './owners/owners.ts';
import { damageBeyondReading, NOWHERE } from './scrub/damage.ts';
import { ForeignLeaves } from './scrub/foreign.ts';
import { checkRoom, checkWindows } from './shelf/fetch.ts';
import { HASH_BYTES } from './shelf/layout.ts';

interface HeldCopy {
  readonly member: MemberId;
  readonly bytes: Uint8Array;
  readonly leafHashes: Uint8Array;
  readonly root: Uint8Array;
}

export interface MemoryStoreOptions {
  readonly identity: Omit<StoreIdentity, 'publicKey'>;
  /** Ed25519 seed of the store. */
  readonly seed: Uint8Array;
  readonly shape: NetworkShape;
  readonly ownerKeys: ReadonlyMap<MemberId, Uint8Array>;
  readonly coordinatorKey: Uint8Array;
  readonly native: Pick<Native, 'bulk'>;
  readonly clock: Clock;
  readonly storeKeys?: ReadonlyMap<StoreId, Uint8Array>;
  /** Default: without limit. */
  readonly capacityBytes?: number;
}

export class MemoryStore implements StoreKeeperPort {
  readonly identity: StoreIdentity;
  readonly #options: MemoryStoreOptions;
  readonly #owners: Owners;
  readonly #copies = new Map<CopyId, HeldCopy>();
  readonly findings: FindingBook = new MemoryFindingBook();
  readonly #closings: ClosingBook;
  readonly #foreign: ForeignLeaves;
  #usedBytes = 0;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#owners = new MemoryOwners(options.ownerKeys);
    this.#closings = new ClosingBook(new MemoryClosings(), options.clock);
    const tables = {
      copies: () => this.enumerate(),
      leafHashesOf: async (copyId: CopyId) => this.#held(copyId).leafHashes,
    };
    this.#foreign = new ForeignLeaves(tables, options.clock);
    this.identity = { ...options.identity, publicKey: ed25519PublicKey(options.seed) };
  }

  async receive(copyId: CopyId, member: MemberId): Promise<CopyReceiver> {
    if (this.#owners.keyOf(member) === undefined) {
      throw new KuraError('refused', `member ${member} is not admitted to this store`);
    }
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    let isOpen = true;
    const give = (error: unknown): never => {
      isOpen = false;
      throw asKuraError(error, 'a copy could not be taken');
    };
    return {
      write: async (outer) => {
        assert(isOpen, 'this copy has been finished or given up');
        sizeBytes += outer.length;
        try {
          this.#checkSize(copyId, sizeBytes);
        } catch (error) {
          give(error);
        }
        parts.push(outer.slice());
      },
      finish: async () => {
        assert(isOpen, 'this copy has been finished or given up');
        isOpen = false;
        return this.#keep(copyId, member, Buffer.concat(parts));
      },
      abort: () => {
        isOpen = false;
      },
    };
  }

  #checkSize(copyId: CopyId, sizeBytes: number): void {
    const { leafBytes, packLeaves } = this.#options.shape;
    if (sizeBytes % leafBytes !== 0 || sizeBytes > packLeaves[2] * leafBytes) {
      throw new KuraError('refused', `copy ${copyId} is not taken: no pack has this size`);
    }
    if (sizeBytes > this.freeBytes()) throw new KuraError('no_space', 'the store is full');
  }

  #keep(copyId: CopyId, member: MemberId, bytes: Uint8Array): AcknowledgedCopy {
    const { leafBytes, packLeaves } = this.#options.shape;
    const leafCount = bytes.length / leafBytes;
    if (!packLeaves.includes(leafCount)) {
      throw new KuraError(
        'refused',
        `copy ${copyId} is not taken: no pack has ${leafCount} leaves`,
      );
    }
    this.#checkSize(copyId, bytes.length);
    const leafHashes = this.#hashLeaves(bytes);
    const root = treeHead(leafHashes);
    const held = this.#copies.get(copyId);
    if (held !== undefined && !this.#isWhole(held)) this.#drop(copyId);
    else if (held !== undefined && !equalBytes(held.root, root)) {
      throw new KuraError('already_exists', `another copy has the name ${copyId}`);
    }
    if (!this.#copies.has(copyId)) {
      this.#copies.set(copyId, { member, bytes, leafHashes, root });
      this.#usedBytes += bytes.length;
    }
    return { acknowledgement: this.#sign({ copyId, leafCount, root }), leafHashes };
  }

  #sign(copy: Pick<CopyStat, 'copyId' | 'leafCount' | 'root'>): StoreAcknowledgement {
    const { storeId } = this.identity;
    const timeMs = this.#options.clock.nowMs();
    return signAcknowledgement({ storeId, timeMs, ...copy }, this.#options.seed);
  }

  #hashLeaves(bytes: Uint8Array): Uint8Array {
    const { native, shape } = this.#options;
    const hashes = new Uint8Array((bytes.length / shape.leafBytes) * HASH_BYTES);
    native.bulk.sha256Each(bytes, shape.leafBytes, hashes);
    return hashes;
  }

  #isWhole(held: HeldCopy): boolean {
    return equalBytes(this.#hashLeaves(held.bytes), held.leafHashes);
  }

  #drop(copyId: CopyId): void {
    this.#usedBytes -= this.#copies.get(copyId)?.bytes.length ?? 0;
    this.#copies.delete(copyId);
  }

  #held(copyId: CopyId): HeldCopy {
    const held = this.#copies.get(copyId);
    if (held !== undefined) return held;
    throw new KuraError('missing', `copy ${copyId} is not at this store`);
  }

  async fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
  ): Promise<void> {
    const { shape } = this.#options;
    checkRoom(shape, leafCount, into);
    const { bytes } = this.#held(copyId);
    checkWindows(shape, bytes.length / shape.leafBytes, { firstLeaf, leafCount });
    const from = firstLeaf * shape.leafBytes;
    into.set(bytes.subarray(from, from + into.length));
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    const { bytes, root, leafHashes } = this.#held(copyId);
    const leafCount = bytes.length / this.#options.shape.leafBytes;
    return { copyId, leafCount, root: root.slice(), leafHashes: leafHashes.slice() };
  }

  freeBytes(): number {
    return (this.#options.capacityBytes ?? Number.MAX_SAFE_INTEGER) - this.#usedBytes;
  }

  async *enumerate(): AsyncGenerator<CopyId> {
    yield* [...this.#copies.keys()].sort();
  }

  async acknowledge(copyId: CopyId): Promise<StoreAcknowledgement> {
    const held = this.#held(copyId);
    if (!this.#isWhole(held)) throw new KuraError('corrupt', `copy ${copyId} is damaged`);
    const { leafCount, root } = await this.stat(copyId);
    return this.#sign({ copyId, leafCount, root });
  }

  async remove(warrant: Warrant): Promise<readonly CopyId[]> {
    const ids = copiesOf(warrant);
    const members = new Set<MemberId>();
    for (const id of ids) {
      const held = this.#copies.get(id);
      if (held !== undefined) members.add(held.member);
    }
    await authorise(warrant, members, this.#authority);
    for (const id of ids) this.#drop(id);
    return [...ids];
  }

  hearNotice(notice: Uint8Array): Promise<NoticeHeld> {
    return this.#closings.hear(notice, closingAuthority(this.#authority));
  }

  takeWithdrawal(pseudonym: MemberId, withdrawal: Uint8Array): Promise<void> {
    return this.#closings.withdraw(pseudonym, withdrawal, closingAuthority(this.#authority));
  }

  get #authority(): Authority {
    const { coordinatorKey, clock, storeKeys = new Map() } = this.#options;
    const record = { identity: this.identity, coordinatorKey };
    const known = { owners: this.#owners, closings: this.#closings, storeKeys };
    return { record, ...known, nowMs: clock.nowMs() };
  }

  async scrub(copyId: CopyId): Promise<ScrubResult> {
    const { state, badLeaves } = await this.#scrub(copyId);
    return { copyId, state, badLeaves };
  }

  answerLeaves(challenge: LeafChallenge, into: TakeEvidence): Promise<LeafAnswer> {
    return answerLeaves(this.#ground, challenge, into);
  }

  answerFullRead(challenge: FullReadChallenge): Promise<FullReadAnswer> {
    return answerFullRead(this.#ground, challenge);
  }

  examine(copyId: CopyId): Promise<Examination> {
    return examine(this.#ground, copyId);
  }

  get #ground(): AuditGround {
    const { shape, native, clock, seed } = this.#options;
    return {
      ...{ identity: this.identity, shape, bulk: native.bulk, clock, findings: this.findings },
      seed: () => seed,
      open: async (copyId) => this.#open(copyId),
      check: (copyId) => this.#scrub(copyId),
    };
  }

  #open(copyId: CopyId): AuditedCopy {
    const { bytes, root, leafHashes } = this.#held(copyId);
    const { leafBytes } = this.#options.shape;
    return {
      leafCount: bytes.length / leafBytes,
      table: { root, leafHashes },
      read: async (firstLeaf, into) => {
        const from = firstLeaf * leafBytes;
        into.set(bytes.subarray(from, from + into.length));
      },
      close: () => undefined,
    };
  }

  async #scrub(copyId: CopyId): Promise<CheckedCopy & Pick<ScrubResult, 'badLeaves'>> {
    const held = this.#copies.get(copyId);
    if (held === undefined) return { state: 'missing', badLeaves: [] };
    const { leafHashes, root } = held;
    const found = this.#hashLeaves(held.bytes);
    const hashAt = (hashes: Uint8Array, leaf: number): Uint8Array =>
      hashes.subarray(leaf * HASH_BYTES, (leaf + 1) * HASH_BYTES);
    const leafCount = found.length / HASH_BYTES;
    const badLeaves = Array.from({ length: leafCount }, (_, leaf) => leaf).filter(
      (leaf) => !equalBytes(hashAt(found, leaf), hashAt(leafHashes, leaf)),
    );
    if (badLeaves.length === 0) return { state: 'intact', badLeaves, table: { root, leafHashes } };
    const noted = await noteDamage(
      { book: this.findings, foreign: this.#foreign, copyId, nowMs: this.#options.clock.nowMs() },
      {
        ...damageBeyondReading(leafCount),
        root,
        findings: badLeaves.map((leaf) => ({ leaf, kind: 'wrong', ...NOWHERE })),
        foundHashes: new Map(badLeaves.map((leaf) => [leaf, toHex(hashAt(found, leaf))])),
      },
    );
    this.#drop(copyId);
    return { state: 'damaged', badLeaves, noted };
  }

  async admitOwner(member: MemberId, ownerKey: Uint8Array): Promise<void> {
    await this.#owners.admit(member, ownerKey);
  }

  /** The bytes as they lie there: what a test damages. */
  rawBytes(copyId: CopyId): Uint8Array {
    return this.#held(copyId).bytes;
  }
}
