// A member's card as the network knows it: a TLS key, to which grants are bound that stores honour while nobody
// else is there. It is a row among devices, so that its owner sees it there and can send it away.
import { type DeviceId, deviceId, equalBytes, toHex } from '@kura/base';
import { revokeGrants } from '../authority/revocations.ts';
import type { MemberRows } from '../db/tables.ts';
import { readMember } from '../members/members.ts';

const ID_BYTES = 16;

export function cardIdOf(keyHash: Uint8Array): DeviceId {
  return deviceId(toHex(keyHash.subarray(0, ID_BYTES)));
}

/** Its grants are over within a minute, at every store; it gets no others. */
export async function endCard(
  of: MemberRows,
  { keyHash, nowMs }: { readonly keyHash: Uint8Array; readonly nowMs: number },
): Promise<void> {
  await revokeGrants(of.rows, of.memberId, { keyHash, nowMs });
  const { card_key_hash: current } = await readMember(of);
  if (current !== null && equalBytes(current, keyHash)) await setCardKey(of, null);
}

export async function setCardKey(
  { rows, memberId }: MemberRows,
  keyHash: Uint8Array | null,
): Promise<void> {
  await rows
    .updateTable('members')
    .set({ card_key_hash: keyHash })
    .where('member_id', '=', memberId)
    .execute();
}
