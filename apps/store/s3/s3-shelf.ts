// A store whose shelf is a bucket: puts the verbs together. The same verbs, the same files and the same refusals as on
// a folder; what differs is the order of writes (docs/design/store-daemon.md, S3 shelf).
import {
  type AlarmClock,
  type CopyId,
  KuraError,
  type MemberId,
  type NetworkShape,
  type Random,
  SECOND_MS,
  Slots,
  type StoreId,
} from '@kura/base';
import type {
  CopyReceiver,
  Examination,
  FullReadAnswer,
  FullReadChallenge,
  LeafAnswer,
  LeafChallenge,
  NoticeHeld,
  ScrubResult,
  StoreAcknowledgement,
  StoreKeeperPort,
  TakeEvidence,
  Warrant,
} from '@kura/contract';
import type { Native } from '@kura/native';
import { answerFullRead } from '../audit/answer-full-read.ts';
import { answerLeaves } from '../audit/answer-leaves.ts';
import { examine } from '../audit/examine.ts';
import { closingAuthority } from '../authorise.ts';
import { ClosingBook } from '../closing/closing-book.ts';
import { MemoryClosings } from '../closing/closing-files.ts';
import { type FindingBook, MemoryFindingBook } from '../findings/finding-book.ts';
import { MemoryOwners, type Owners } from '../owners/owners.ts';
import { checkIdentity, checkShape, type ExpectedStore } from '../presence.ts';
import { groundOf } from './audited-object.ts';
import type { Bucket } from './bucket.ts';
import { checkConditions } from './conditions.ts';
import { readBucketRecord } from './context.ts';
import { KeeperContext } from './keeper-context.ts';
import { BucketReader } from './read.ts';
import { BucketReceiver } from './receive.ts';
import { removeObjects } from './remove.ts';
import { scrubObject } from './scrub.ts';

export interface OpenBucketOptions {
  readonly bucket: Bucket;
  /** Ed25519 seed of the store, from its own machine. */
  readonly seed: Uint8Array;
  readonly native: Pick<Native, 'bulk'>;
  /** Of all objects; a bucket itself is never full. */
  readonly capacityBytes: number;
  /** Object lock: every copy is put with a retention of so long. */
  readonly retainMs?: number;
  readonly shape?: NetworkShape;
  readonly expected?: ExpectedStore;
  /** Who may store here besides those in the record; default nobody. */
  readonly withOwners?: (own: Owners) => Owners;
  readonly storeKeys?: ReadonlyMap<StoreId, Uint8Array>;
  /** Of members who were given notice; default: none, until the process ends. */
  readonly closings?: ClosingBook;
  /** Where findings are kept; a bucket's lie on the machine of its store. Default: until the process ends. */
  readonly findings?: FindingBook;
  readonly clock: AlarmClock;
  readonly random: Random;
}

/** Each holds a whole copy in memory, at most 17 MiB. */
const RECEIVES_AT_ONCE = 8;
const WAIT_MS = 10 * SECOND_MS;
const MAX_WAITING = 64;

/** Throws `unreachable`, `refused`, `corrupt`, or `unsupported` for a bucket without conditional writes. */
export async function openBucketShelf(options: OpenBucketOptions): Promise<BucketShelf> {
  const { bucket, native, clock, random, withOwners } = options;
  const { record } = await readBucketRecord(bucket);
  if (options.expected !== undefined) checkIdentity(record.identity, options.expected);
  if (options.shape !== undefined) checkShape(record.shape, options.shape, `bucket ${bucket.name}`);
  await checkConditions(bucket, random);
  const own = new NamedOwners(record.owners);
  const receives = new Slots({
    noun: 'copies on their way into the bucket',
    atOnce: RECEIVES_AT_ONCE,
    waitMs: WAIT_MS,
    waiting: MAX_WAITING,
    clock,
  });
  const context = new KeeperContext({
    ...options,
    bulk: native.bulk,
    record,
    owners: withOwners?.(own) ?? own,
    storeKeys: options.storeKeys ?? new Map(),
    closings: options.closings ?? new ClosingBook(new MemoryClosings(), clock),
    findings: options.findings ?? new MemoryFindingBook(),
    receives,
  });
  for await (const { sizeBytes } of bucket.list('')) context.count(sizeBytes);
  return new BucketShelf(context);
}

/** Those whom the record names. Nobody is added to it: a service admits by admissions, beside the bucket. */
class NamedOwners extends MemoryOwners {
  override async admit(member: MemberId, ownerKey: Uint8Array): Promise<void> {
    if (this.keyOf(member) !== undefined) return super.admit(member, ownerKey);
    throw new KuraError('unsupported', 'a store in a bucket admits members by admission only');
  }
}

export class BucketShelf extends BucketReader implements StoreKeeperPort {
  readonly #context: KeeperContext;

  constructor(context: KeeperContext) {
    super(context);
    this.#context = context;
  }

  async receive(copyId: CopyId, member: MemberId, sizeBytes: number): Promise<CopyReceiver> {
    const context = this.#context;
    await context.checkPresent();
    if (context.owners.keyOf(member) === undefined) {
      throw new KuraError('refused', `member ${member} is not admitted to this store`, {
        guidance: 'Admit the owner first: without a key nothing of theirs could ever be removed.',
      });
    }
    if (context.freeBytes() < sizeBytes) throw new KuraError('no_space', 'the store is full');
    const onEnd = await context.receives.take();
    try {
      return new BucketReceiver(context, { copyId, member, sizeBytes, onEnd });
    } catch (error) {
      onEnd();
      throw error;
    }
  }

  freeBytes(): number {
    return this.#context.freeBytes();
  }

  async *enumerate(): AsyncGenerator<CopyId> {
    await this.#context.checkPresent();
    yield* this.#context.copies();
  }

  async acknowledge(copyId: CopyId): Promise<StoreAcknowledgement> {
    const { state } = await this.scrub(copyId);
    if (state === 'damaged') throw new KuraError('corrupt', `copy ${copyId} is beyond healing`);
    const { leafCount, root } = await this.stat(copyId);
    return this.#context.sign(copyId, leafCount, root);
  }

  remove(warrant: Warrant): Promise<readonly CopyId[]> {
    return removeObjects(this.#context, warrant);
  }

  hearNotice(notice: Uint8Array): Promise<NoticeHeld> {
    return this.#context.closings.hear(notice, closingAuthority(this.#context));
  }

  takeWithdrawal(pseudonym: MemberId, withdrawal: Uint8Array): Promise<void> {
    const authority = closingAuthority(this.#context);
    return this.#context.closings.withdraw(pseudonym, withdrawal, authority);
  }

  answerLeaves(challenge: LeafChallenge, into: TakeEvidence): Promise<LeafAnswer> {
    return answerLeaves(groundOf(this.#context), challenge, into);
  }

  answerFullRead(challenge: FullReadChallenge): Promise<FullReadAnswer> {
    return answerFullRead(groundOf(this.#context), challenge);
  }

  examine(copyId: CopyId): Promise<Examination> {
    return examine(groundOf(this.#context), copyId);
  }

  async scrub(copyId: CopyId): Promise<ScrubResult> {
    const { state, badLeaves } = await scrubObject(this.#context, copyId);
    return { copyId, state, badLeaves };
  }
}
