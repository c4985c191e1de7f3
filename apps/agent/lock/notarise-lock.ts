// The last step of a locked backup: stamps that agree are put into the record of the snapshot with what they open, and
// the secret is forgotten (docs/design/locks.md).

import type { SnapshotId } from '@kura/base';
import type { CustodyReceipt } from '@kura/contract';
import type { AskedAuthority } from '../notarise/authorities.ts';
import type { KeptStamps } from '../notarise/kept-stamps.ts';
import { type Notarisation, notarise } from '../notarise/notarise.ts';
import { type ReplacePorts, replaceSnapshot } from '../snapshots/replace-snapshot.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';
import { sealLock } from './lock-seal.ts';
import { checkStamped, lockOf } from './open-lock.ts';
import { dropPending, readPending } from './pending-locks.ts';

export interface NotariseLock {
  readonly stored: StoredSnapshot;
  readonly receipt: CustodyReceipt;
  readonly authorities: readonly AskedAuthority[];
  readonly approvals: number;
  /** X25519, of whoever keeps the other part of the key; undefined: nobody does. */
  readonly notaryKey: Uint8Array | undefined;
}

export interface NotarisedLock {
  /** Of the record that has the lock; the one before is forgotten. */
  readonly snapshotId: SnapshotId;
  readonly kept: KeptStamps;
  readonly failures: Notarisation['failures'];
}

/** Throws `not_found` if the secret is not in this home, `refused` if too few agree: then it can be tried again. */
export async function notariseLock(
  { stored, receipt, authorities, approvals, notaryKey }: NotariseLock,
  ports: ReplacePorts,
): Promise<NotarisedLock> {
  const { keys, random } = ports;
  const lock = lockOf(stored);
  // The secret is forgotten in the end: what nothing would open is never written.
  checkStamped(stored, { receipt });
  const secret = readPending(ports, lock.epoch);
  const { stamps, failures } = await notarise(receipt, authorities, { approvals, random });
  const kept = { approvals, receipt, stamps };
  const seal = sealLock(kept, { secret, keys, random, notaryKey });
  const snapshotId = await replaceSnapshot(stored, { lock: { ...lock, seal } }, ports);
  dropPending(ports, lock.epoch);
  return { snapshotId, kept, failures };
}
