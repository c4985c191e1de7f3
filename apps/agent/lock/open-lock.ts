// Opens the lock of a snapshot: the stamps are judged anew, the network's share is fetched against them, and only both
// together, with the member's own part, give the keys. Whatever does not agree is refused by its name.
import { KuraError } from '@kura/base';
import type { OpenLockRequest } from '@kura/contract/wire/endpoints/locks.ts';
import type { SnapshotLock } from '@kura/format';
import { parseCustodyRecord, snapshotOf } from '@kura/log';
import { LOCK_SHARE_BYTES, lockedKeys, type ReaderKeys, unwrapLock } from '@kura/member-seal';
import { evidenceOf } from '@kura/timestamps';
import { judgeKept, type KeptStamps } from '../notarise/kept-stamps.ts';
import { imprintOf } from '../notarise/notarise.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { type LockSeal, readSeal } from './lock-seal.ts';

/** Who has the other part of the key. Both undefined: whoever is here alone cannot open what others keep a part of. */
export interface LockHelp {
  /** The network, which gives it against stamps that agree, and tells the member. */
  readonly ask?: ((request: OpenLockRequest) => Promise<Uint8Array>) | undefined;
  /** A card that has it already. */
  readonly carried?: ((epoch: number) => Uint8Array | undefined) | undefined;
}

/** The stamps of a locked snapshot, judged offline. Throws `refused`, or `corrupt` for a record that is damaged. */
export function judgeLock(stored: StoredSnapshot): KeptStamps & { readonly seal: LockSeal } {
  const { id, snapshot } = stored;
  const text = snapshot.lock?.seal;
  if (text === undefined) {
    throw new KuraError('refused', `snapshot ${short(id)} is locked, and has no stamps yet`, {
      guidance: 'Notarise it from the home that saved it: kura stamps add SNAPSHOT',
    });
  }
  const seal = readSeal(text);
  checkStamped(stored, seal);
  try {
    return { ...judgeKept(seal), seal };
  } catch (error) {
    if (error instanceof KuraError) throw shut(id, error.message, error);
    throw error;
  }
}

/** Throws `refused` unless this is the receipt of the snapshot as it was saved first. */
export function checkStamped(
  { id, snapshot }: StoredSnapshot,
  sealed: Pick<LockSeal, 'receipt'>,
): void {
  if (stampedSnapshot(sealed) === (snapshot.original ?? id)) return;
  throw shut(id, 'its stamps are those of another snapshot');
}

/** The member's keys with those of the lock in place. Throws `refused`, or what asking the network throws. */
export async function openLock(
  stored: StoredSnapshot,
  { keys, help }: { readonly keys: ReaderKeys; readonly help: LockHelp },
): Promise<ReaderKeys> {
  const { lockKey } = keys;
  if (lockKey === undefined) throw withoutPart(stored.id);
  const { approvals, receipt, stamps, seal } = judgeLock(stored);
  const { epoch } = lockOf(stored);
  const share = seal.box === undefined ? undefined : await shareOf(stored, seal, help);
  const evidence = evidenceOf({ epoch, approvals, imprint: imprintOf(receipt), stamps });
  const opened = lockedKeys(keys, unwrapLock(seal.wrapped, { keys: { lockKey }, share, evidence }));
  if (opened.epoch === epoch) return opened;
  throw shut(stored.id, 'its stamps open another lock');
}

/** What the network has to give for it: for whoever opens it, and for a card that is to carry it. */
export async function shareOf(
  stored: StoredSnapshot,
  { approvals, receipt, stamps, box }: LockSeal,
  { ask, carried }: LockHelp,
): Promise<Uint8Array> {
  const known = carried?.(lockOf(stored).epoch);
  if (known !== undefined) return known;
  if (ask === undefined || box === undefined) {
    throw new KuraError(
      'refused',
      `snapshot ${short(stored.id)} is locked, and its network is not here`,
      {
        guidance:
          'Open it from a home that has joined the network, or: kura stamps carry SNAPSHOT --card DIR',
      },
    );
  }
  const share = await ask({ approvals, receipt, stamps, box });
  if (share.length === LOCK_SHARE_BYTES) return share;
  throw shut(stored.id, 'what the network gives is no part of a key');
}

export function lockOf({ id, snapshot: { lock } }: StoredSnapshot): SnapshotLock {
  if (lock !== undefined) return lock;
  throw new KuraError('usage', `snapshot ${short(id)} is not locked`);
}

function stampedSnapshot({ receipt }: Pick<LockSeal, 'receipt'>): string | undefined {
  try {
    return snapshotOf(parseCustodyRecord(receipt.body));
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}

function withoutPart(id: string): KuraError {
  return new KuraError(
    'refused',
    `snapshot ${short(id)} is locked, and this card is for reading only`,
    {
      guidance: 'Open it with the card of its owner: kura stamps open SNAPSHOT',
    },
  );
}

function shut(id: string, why: string, cause?: unknown): KuraError {
  return new KuraError('refused', `snapshot ${short(id)} stays locked: ${why}`, { cause });
}

function short(id: string): string {
  return id.slice(0, 8);
}
