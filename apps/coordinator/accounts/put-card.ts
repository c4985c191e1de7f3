// A new card in place of the one before: the owner says so, and nobody else.
import { equalBytes, KuraError, type MemberId, must } from '@kura/base';
import { cardMessage } from '@kura/contract/wire/card-proof.ts';
import { verifyEd25519 } from '@kura/log';
import type { Noting } from '../custody/log-events.ts';
import type { MemberRows } from '../db/tables.ts';
import { readMember } from '../members/members.ts';
import { cardIdOf, setCardKey } from './cards.ts';
import { addDevice, type NewDevice, readDevices, removeDevice } from './devices.ts';

/** The card with this key, as a device to be added. */
export function asDevice(keyHash: Uint8Array): NewDevice {
  const kind = 'card';
  return { deviceId: cardIdOf(keyHash), kind, publicKey: keyHash, name: kind };
}

export interface NewCard {
  readonly cardKeyHash: Uint8Array;
  /** The owner's, over `cardMessage`: whoever has only a device reads with it for as long as that is let in. */
  readonly signature: Uint8Array;
  readonly network: string;
}

/** In place of the one before. Throws `refused` for one that was removed, or that the owner has not signed. */
export async function putCard(of: MemberRows, card: NewCard, noting: Noting): Promise<void> {
  const { cardKeyHash, network } = card;
  const member = await readMember(of);
  checkSigned(of.memberId, card, must(member.owner_key, 'a member of a service has a key'));
  const before = member.card_key_hash;
  if (before !== null && equalBytes(before, cardKeyHash)) return;
  await addDevice(of, asDevice(cardKeyHash), noting);
  const others = (await readDevices(of)).filter(
    (one) =>
      one.kind === 'card' && one.revoked_ms === null && !equalBytes(one.public_key, cardKeyHash),
  );
  for (const { device_id: other } of others) {
    await removeDevice(of, { deviceId: other, network }, noting);
  }
  await setCardKey(of, cardKeyHash);
}

function checkSigned(memberId: MemberId, card: NewCard, ownerKey: Uint8Array): void {
  const { cardKeyHash, signature } = card;
  if (verifyEd25519(cardMessage(memberId, cardKeyHash), signature, ownerKey)) return;
  throw new KuraError('refused', 'the owner has not signed for this card', {
    context: { reason: 'signature' },
  });
}
