// The first 1280 bytes of a pack: which pack, which key pair, the session's envelope, and the
// commitment to the key. It is not secret within the pack and is authenticated by segment 0 and by
// the commitment.
import {
  assert,
  ByteReader,
  fromHex,
  KuraError,
  type PackId,
  packId,
  toHex,
  utf8,
} from '@kura/base';
import { ENVELOPE_BYTES } from '@kura/member-seal/envelope.ts';
import { HEADER_BYTES } from './pack-layout.ts';

const MAGIC = utf8('kurapack');
const VERSION = 1;
const EPOCH_AT = 12;
const ID_AT = 16;
const ENVELOPE_AT = 48;
const COMMITMENT_AT = ENVELOPE_AT + ENVELOPE_BYTES;
const COMMITMENT_BYTES = 32;
const ZEROS_BYTES = 80;

export interface PackHeader {
  readonly epoch: number;
  readonly packId: PackId;
  readonly envelope: Uint8Array;
  readonly commitment: Uint8Array;
}

/** Writes 1280 bytes to the front of `into`. */
export function encodeHeader(header: PackHeader, into: Uint8Array): void {
  const { epoch, packId, envelope, commitment } = header;
  assert(into.length >= HEADER_BYTES, 'no room for a header');
  assert(Number.isInteger(epoch) && epoch >= 0 && epoch < 2 ** 32, 'an epoch is a u32');
  assert(envelope.length === ENVELOPE_BYTES, 'an envelope of the wrong length');
  assert(commitment.length === COMMITMENT_BYTES, 'a commitment of the wrong length');
  const id = fromHex(packId);
  assert(id.length === ENVELOPE_AT - ID_AT, 'a pack id of the wrong length');
  into.fill(0, 0, HEADER_BYTES);
  into.set(MAGIC);
  const view = new DataView(into.buffer, into.byteOffset, HEADER_BYTES);
  view.setUint16(MAGIC.length, VERSION, true);
  view.setUint32(EPOCH_AT, epoch, true);
  into.set(id, ID_AT);
  into.set(envelope, ENVELOPE_AT);
  into.set(commitment, COMMITMENT_AT);
}

/** Views of `bytes`. Throws `corrupt`, or `unsupported` for a version from the future. */
export function decodeHeader(bytes: Uint8Array): PackHeader {
  const reader = new ByteReader(bytes.subarray(0, HEADER_BYTES), 'pack header');
  const magic = reader.raw(MAGIC.length);
  if (Buffer.compare(magic, MAGIC) !== 0) reader.fail('it does not begin like a pack');
  const version = reader.u16();
  if (version > VERSION) {
    throw new KuraError('unsupported', `the pack is of version ${version}, newer than this Kura`, {
      guidance: 'Read it with the version of Kura that wrote it, or a newer one.',
    });
  }
  if (version !== VERSION) reader.fail('there is no such version');
  if (reader.u16() !== 0) reader.fail('a reserved field is used');
  const epoch = reader.u32();
  const id = packId(toHex(reader.raw(ENVELOPE_AT - ID_AT)));
  const envelope = reader.raw(ENVELOPE_BYTES);
  const commitment = reader.raw(COMMITMENT_BYTES);
  if (reader.raw(ZEROS_BYTES).some((byte) => byte !== 0)) reader.fail('a reserved field is used');
  return { epoch, packId: id, envelope, commitment };
}
