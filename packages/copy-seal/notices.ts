// Names of notices: what a network has to tell a member's card lies at the stores like any copy, a letter under a name
// that only the network and the card can make (docs/design/card.md). A store cannot tell it from a pack.
import { createHmac } from 'node:crypto';
import { ByteWriter, type PackId, packId, toHex, utf8 } from '@kura/base';

const NAME_LABEL = utf8('kura/1 notice');

/** `nameKey`: the member's, of the network (`noticeKeyOf`); `number` from 1. */
export function noticeName(nameKey: Uint8Array, number: number): PackId {
  const writer = new ByteWriter(64, 64);
  writer.raw(NAME_LABEL);
  writer.u64(BigInt(number));
  return packId(toHex(createHmac('sha256', nameKey).update(writer.bytes()).digest()));
}
