// The call back of a device whose pack met a store that is not who it should be (A15). The question is in the row of
// the upload, so that any gateway may take the answer; the one that has the pack sees it there.
import { type DeviceId, KuraError, type PackId, type StoreId } from '@kura/base';
import { PRESENCE_CHALLENGE_BYTES, verifyPresence } from '@kura/contract/presence-proof.ts';
import type { MemberRows } from '../db/tables.ts';
import type { Holding } from './holding.ts';

export interface Challenge {
  /** 32 random bytes. */
  readonly challenge: Uint8Array;
  readonly storeId: StoreId;
}

/** Throws `interrupted` if the claim is somebody else's by now. */
export async function challengeUpload(
  { rows, memberId }: MemberRows,
  { packId, holder }: Holding,
  { challenge, storeId }: Challenge,
): Promise<void> {
  const { numUpdatedRows } = await rows
    .updateTable('uploads')
    .set({ state: 'challenged', challenge, challenge_store: storeId })
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('holder', '=', holder)
    .where('record', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows > 0n) return;
  throw new KuraError('interrupted', `pack ${packId} is worked on elsewhere by now`);
}

/** Whether the device has answered: the row waits for it no more. */
export async function isAnswered(
  { rows, memberId }: MemberRows,
  { packId, holder }: Holding,
): Promise<boolean> {
  const row = await rows
    .selectFrom('uploads')
    .select('state')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('holder', '=', holder)
    .executeTakeFirst();
  return row?.state === 'claimed';
}

/** One that waits for its answer. */
export interface OpenChallenge extends Challenge {
  readonly deviceId: DeviceId;
  /** When the claim of the pack ends, unless it is renewed. */
  readonly untilMs: number;
}

/** What the device is asked to sign; undefined: nothing. */
export async function openChallenge(
  { rows, memberId }: MemberRows,
  packId: PackId,
): Promise<OpenChallenge | undefined> {
  const row = await rows
    .selectFrom('uploads')
    .select(['device_id', 'challenge', 'challenge_store', 'until_ms'])
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('state', '=', 'challenged')
    .executeTakeFirst();
  if (row === undefined || row.challenge === null || row.challenge_store === null) return undefined;
  const { device_id: deviceId, challenge, challenge_store: storeId, until_ms: untilMs } = row;
  return challenge.length === PRESENCE_CHALLENGE_BYTES
    ? { challenge, storeId, deviceId, untilMs }
    : undefined;
}

export interface Answer {
  readonly packId: PackId;
  /** Of the certificate that the answer came with. */
  readonly deviceId: DeviceId;
  readonly signature: Uint8Array;
}

/**
 * The pack may go on to another store. Throws `not_found` if nothing is waited for, `refused` unless the device that
 * sends the pack signed, and is still one of the member's.
 */
export async function answerChallenge(of: MemberRows, answer: Answer): Promise<void> {
  const { packId, deviceId, signature } = answer;
  const open = await openChallenge(of, packId);
  if (open === undefined || open.deviceId !== deviceId) {
    throw new KuraError('not_found', 'no proof is waited for from this device', {
      guidance: 'Ask how the pack stands, or send it again.',
    });
  }
  const { challenge, storeId } = open;
  verifyPresence({ challenge, packId, storeId }, signature, await deviceKey(of, deviceId));
  await of.rows
    .updateTable('uploads')
    .set({ state: 'claimed', challenge: null, challenge_store: null })
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', packId)
    .where('state', '=', 'challenged')
    .execute();
}

async function deviceKey({ rows, memberId }: MemberRows, deviceId: DeviceId): Promise<Uint8Array> {
  const row = await rows
    .selectFrom('devices')
    .select('public_key')
    .where('member_id', '=', memberId)
    .where('device_id', '=', deviceId)
    .where('kind', '=', 'device')
    .where('revoked_ms', 'is', null)
    .executeTakeFirst();
  if (row !== undefined) return row.public_key;
  throw new KuraError('refused', 'this device is not, or not any more, one of this member', {
    context: { reason: 'revoked' },
  });
}
