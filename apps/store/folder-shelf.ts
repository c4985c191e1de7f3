// A store whose shelf is a folder: puts the verbs together. Synchronous underneath, since a local
// disk answers before a promise would; several processes may have the same folder open at once.
import {
  type Clock,
  type CopyId,
  type Disk,
  KuraError,
  type MemberId,
  type NetworkShape,
  type Random,
  type StoreId,
} from '@kura/base';
import type {
  CopyReceiver,
  CopyStat,
  Examination,
  FullReadAnswer,
  FullReadChallenge,
  LeafAnswer,
  LeafChallenge,
  NoticeHeld,
  ScrubResult,
  StoreAcknowledgement,
  StoreIdentity,
  StoreKeeperPort,
  TakeEvidence,
  Warrant,
} from '@kura/contract';
import type { Native } from '@kura/native';
import { answerFullRead } from './audit/answer-full-read.ts';
import { answerLeaves } from './audit/answer-leaves.ts';
import { examine } from './audit/examine.ts';
import type { AuditGround } from './audit/ground.ts';
import { closingAuthority } from './authorise.ts';
import type { ClosingBook } from './closing/closing-book.ts';
import type { FindingBook } from './findings/finding-book.ts';
import type { ShelfRecord } from './identity.ts';
import type { Owners } from './owners/owners.ts';
import { checkIdentity, checkShape, type ExpectedStore, readShelf } from './presence.ts';
import { scrub } from './scrub/scrub.ts';
import { acknowledge } from './shelf/acknowledge.ts';
import { groundOf } from './shelf/audited-copy.ts';
import { ShelfContext } from './shelf/context.ts';
import { enumerate } from './shelf/enumerate.ts';
import { fetchLeaves } from './shelf/fetch.ts';
import { ShelfReceiver } from './shelf/receive.ts';
import { remove } from './shelf/remove.ts';
import { statCopy } from './shelf/stat.ts';
import { type Processes, sweepIncoming, systemProcesses } from './shelf/sweep.ts';

export interface OpenShelfOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly native: Pick<Native, 'bulk'>;
  readonly clock: Clock;
  readonly random: Random;
  /** The network's shape; a shelf of another one is `refused`. Default: what the shelf says. */
  readonly shape?: NetworkShape;
  /** Which store must stand there; anything else is `refused`. */
  readonly expected?: ExpectedStore;
  /** Who may store here besides those in the shelf's own record; default nobody. */
  readonly withOwners?: (own: Owners) => Owners;
  /** Of members who were given notice; default: none, until the process ends. */
  readonly closings?: ClosingBook;
  /** Keys of other stores, for retire-copy warrants. */
  readonly storeKeys?: ReadonlyMap<StoreId, Uint8Array>;
  readonly processes?: Processes;
}

/** Throws `unreachable`, `refused` or `corrupt`; creates nothing. */
export function openFolderShelf(options: OpenShelfOptions): FolderShelf {
  const { disk, folder, clock, processes = systemProcesses } = options;
  const record = readShelf(disk, folder);
  if (options.expected !== undefined) checkIdentity(record.identity, options.expected);
  if (options.shape !== undefined) checkShape(record.shape, options.shape, folder);
  const context = new ShelfContext({
    disk,
    folder,
    bulk: options.native.bulk,
    clock,
    random: options.random,
    shape: record.shape,
    processes,
    record,
  });
  context.owners = options.withOwners?.(context.owners) ?? context.owners;
  context.closings = options.closings ?? context.closings;
  const { incoming } = context.paths;
  sweepIncoming({ disk, incoming, processes, nowMs: clock.nowMs() });
  return new FolderShelf(context, options.storeKeys ?? new Map());
}

export class FolderShelf implements StoreKeeperPort {
  readonly #context: ShelfContext;
  readonly #storeKeys: ReadonlyMap<StoreId, Uint8Array>;
  readonly #ground: AuditGround;

  constructor(context: ShelfContext, storeKeys: ReadonlyMap<StoreId, Uint8Array>) {
    this.#context = context;
    this.#storeKeys = storeKeys;
    this.#ground = groundOf(context);
  }

  get identity(): StoreIdentity {
    return this.#context.record.identity;
  }

  get record(): ShelfRecord {
    return this.#context.record;
  }

  async receive(copyId: CopyId, member: MemberId): Promise<CopyReceiver> {
    const context = this.#context;
    context.checkPresent();
    context.checkTrusted();
    context.seed(); // who cannot sign takes nothing in
    if (context.owners.keyOf(member) === undefined) {
      throw new KuraError('refused', `member ${member} is not admitted to this store`, {
        guidance: 'Admit the owner first: without a key nothing of theirs could ever be removed.',
      });
    }
    return new ShelfReceiver(context, copyId, member);
  }

  async fetch(
    copyId: CopyId,
    firstLeaf: number,
    leafCount: number,
    into: Uint8Array,
  ): Promise<void> {
    fetchLeaves(this.#context, copyId, { firstLeaf, leafCount, into });
  }

  async stat(copyId: CopyId): Promise<CopyStat> {
    return statCopy(this.#context, copyId);
  }

  freeBytes(): number {
    try {
      return this.#context.disk.freeBytes(this.#context.paths.folder);
    } catch (error) {
      throw this.#context.explain(error, 'the free space could not be read');
    }
  }

  enumerate(): AsyncGenerator<CopyId> {
    return enumerate(this.#context);
  }

  async acknowledge(copyId: CopyId): Promise<StoreAcknowledgement> {
    return acknowledge(this.#context, copyId);
  }

  async remove(warrant: Warrant): Promise<readonly CopyId[]> {
    return remove(this.#context, warrant, this.#storeKeys);
  }

  hearNotice(notice: Uint8Array): Promise<NoticeHeld> {
    return this.#context.closings.hear(notice, closingAuthority(this.#context));
  }

  takeWithdrawal(pseudonym: MemberId, withdrawal: Uint8Array): Promise<void> {
    const authority = closingAuthority(this.#context);
    return this.#context.closings.withdraw(pseudonym, withdrawal, authority);
  }

  async scrub(copyId: CopyId): Promise<ScrubResult> {
    this.#context.checkPresent();
    const { state, badLeaves } = await scrub(this.#context, copyId);
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

  /** What was found wrong with copies here: for whoever tells the coordinator. */
  get findings(): FindingBook {
    return this.#context.findings;
  }

  /** A member may store here from now on. Keys are never exchanged for others. */
  async admitOwner(member: MemberId, ownerKey: Uint8Array): Promise<void> {
    await this.#context.owners.admit(member, ownerKey);
  }
}
