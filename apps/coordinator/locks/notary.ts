// The network's part in a lock (row D16, docs/design/locks.md): it gives its share of the key against the stamps of
// that day, to the member whose lock it is, and tells the member each time. It keeps no list of locks; what it
// knows of one is in the box that the member brings, sealed to it.
import { createHash } from 'node:crypto';
import { type DeviceId, equalBytes, KuraError, type MemberId } from '@kura/base';
import type { OpenLockRequest } from '@kura/contract/wire/endpoints/locks.ts';
import { openLockShare } from '@kura/copy-seal';
import { transact } from '@kura/database';
import { type LogKey, verifyReceipt } from '@kura/log';
import { evidenceOf, judgeStamps } from '@kura/timestamps';
import { tell } from '../inbox/inbox.ts';
import type { Network } from '../network.ts';

export interface NotaryParts {
  readonly network: Network;
  /** X25519, the private half. */
  readonly notarySeed: Uint8Array;
  readonly deviceId: DeviceId;
}

/** 32 bytes. Throws `refused`, saying what does not agree. */
export async function giveShare(
  memberId: MemberId,
  request: OpenLockRequest,
  { network, notarySeed, deviceId }: NotaryParts,
): Promise<Uint8Array> {
  const { approvals, receipt, stamps: given, box } = request;
  const lock = openLockShare(box, notarySeed);
  if (lock.memberId !== memberId) throw refused('it is the lock of another member');
  const body = receiptOf(request, network.charter.log);
  if (body.memberId !== memberId) throw refused('its receipt is that of another member');
  const imprint = new Uint8Array(createHash('sha256').update(receipt.body).digest());
  const stamps = judgeStamps({ approvals, imprint, timeMs: body.timeMs, given });
  const evidence = evidenceOf({ epoch: lock.epoch, approvals, imprint, stamps });
  if (!equalBytes(evidence, lock.evidence)) {
    throw refused('these are not the stamps that it was locked with');
  }
  const nowMs = network.clock.nowMs();
  const { snapshotId } = body;
  await transact(network.database, (rows) =>
    tell({ rows, memberId }, { kind: 'device', body: { unlocked: snapshotId, deviceId }, nowMs }),
  );
  return lock.share;
}

/** In this network's log: what was placed where, and when, is what it says. */
function receiptOf({ receipt }: OpenLockRequest, log: LogKey): ReturnType<typeof verifyReceipt> {
  return verifyReceipt({ ...receipt, witnessed: false }, log);
}

function refused(why: string): KuraError {
  return new KuraError('refused', `the lock stays shut: ${why}`);
}
