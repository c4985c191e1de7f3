// What an owner signs to put a new card in: which key reads their copies from now on. A card that was removed does not
// come back by an old signature: its key is remembered.
import { concatBytes, fromHex, type MemberId, utf8 } from '@kura/base';

const CARD_DOMAIN = utf8('kura/1 card\n');

/** What the owner signs. `cardKeyHash`: SHA-256 of the SubjectPublicKeyInfo of the card's TLS certificate. */
export function cardMessage(memberId: MemberId, cardKeyHash: Uint8Array): Uint8Array {
  return concatBytes(CARD_DOMAIN, fromHex(memberId), cardKeyHash);
}
