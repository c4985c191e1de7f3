// What answering for copies takes, whatever the shelf is made of: how a copy is opened and read past every cache,
// whose store it is, and what was found before.
import {
  type Clock,
  type CopyId,
  errnoOf,
  KuraError,
  type NetworkShape,
  type StoreId,
} from '@kura/base';
import type { StoreIdentity } from '@kura/contract';
import type { Bulk } from '@kura/native';
import type { FindingBook } from '../findings/finding-book.ts';
import type { NotedDamage } from '../findings/noted.ts';

/** What a copy's own table says. */
export interface OwnTable {
  readonly root: Uint8Array;
  readonly leafHashes: Uint8Array;
}

export interface AuditedCopy {
  readonly leafCount: number;
  /** Undefined if neither of the two tables holds. */
  readonly table: OwnTable | undefined;
  /** Fills `into` with whole leaves from `firstLeaf` on. Throws what the medium throws. */
  read(firstLeaf: number, into: Uint8Array): Promise<void>;
  close(): void;
}

/** A scrub's outcome, with what a signature needs of it. */
export interface CheckedCopy {
  readonly state: 'intact' | 'healed' | 'damaged' | 'missing';
  /** Of a copy that is there now. */
  readonly table?: OwnTable;
  /** What was wrong a moment ago. */
  readonly noted?: NotedDamage;
}

export interface AuditGround {
  readonly identity: StoreIdentity;
  readonly shape: NetworkShape;
  readonly bulk: Bulk;
  readonly clock: Clock;
  readonly findings: FindingBook;
  /** Ed25519 seed of the store. */
  seed(): Uint8Array;
  /** Throws `missing`, `corrupt` (no length that a copy has), `unreachable`, `refused`. */
  open(copyId: CopyId): Promise<AuditedCopy>;
  /** Reads all of it; what is wrong is noted before it is healed or set aside. */
  check(copyId: CopyId): Promise<CheckedCopy>;
}

/** Throws `refused` for a challenge to another store. */
export function checkMeant({ identity }: AuditGround, asked: { readonly storeId: StoreId }): void {
  if (asked.storeId === identity.storeId) return;
  throw new KuraError('refused', `the challenge is for store ${asked.storeId}, not for this one`);
}

/** Undefined if there is no copy of this name; `corrupt` and the rest are thrown. */
export async function openIfThere(
  ground: AuditGround,
  copyId: CopyId,
): Promise<AuditedCopy | undefined> {
  try {
    return await ground.open(copyId);
  } catch (error) {
    if (error instanceof KuraError && error.code === 'missing') return undefined;
    throw error;
  }
}

/** Of a failed read: the error's name, where the system gave one. Anything but a failed read is thrown on. */
export function readErrorOf(error: unknown): { readonly errno?: string } {
  if (!(error instanceof Error)) throw error;
  const errno = errnoIn(error);
  if (errno !== undefined) return { errno };
  if (error instanceof KuraError && error.code === 'corrupt') return {};
  throw error;
}

function errnoIn(error: Error): string | undefined {
  if (!(error instanceof KuraError)) return errnoOf(error);
  const { errno } = error.context;
  return error.code === 'io' && typeof errno === 'string' ? errno : undefined;
}
