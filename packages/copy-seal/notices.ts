// Notices: what a network has to tell a member's card lies at the stores like any copy, under a name that only the
// network and the card can make, sealed to the member and signed by the network (docs/design/card.md). A store cannot
// tell it from a pack.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import {
  assert,
  ByteWriter,
  concatBytes,
  equalBytes,
  KuraError,
  type PackId,
  packId,
  toHex,
  utf8,
} from '@kura/base';
import { signEd25519, verifyEd25519 } from '@kura/log';
import { agreedKeys, privateX25519, publicX25519, x25519PublicBytes } from './agreement.ts';

const NAME_LABEL = utf8('kura/1 notice');
const SIGN_DOMAIN = utf8('kura/1 notice\n');
const SEAL_INFO = 'kura/1 notice';
const EPHEMERAL_INFO = 'kura/1 notice ephemeral';
const MAGIC = utf8('kura-notice\0');
const VERSION = 1;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const SIGNATURE_BYTES = 64;
const HEAD_BYTES = MAGIC.length + 1 + KEY_BYTES;
const CIPHER = 'aes-256-gcm';

/** What a notice takes besides its text. */
export const NOTICE_OVERHEAD_BYTES = HEAD_BYTES + TAG_BYTES + LENGTH_BYTES + SIGNATURE_BYTES;

/** `nameKey`: the member's, of the network (`noticeKeyOf`); `number` from 1. */
export function noticeName(nameKey: Uint8Array, number: number): PackId {
  const writer = new ByteWriter(64, 64);
  writer.raw(NAME_LABEL);
  writer.u64(BigInt(number));
  return packId(toHex(createHmac('sha256', nameKey).update(writer.bytes()).digest()));
}

/** By the network's coordinator, over the text. */
export function signNotice(text: string, coordinatorSeed: Uint8Array): Uint8Array {
  return signEd25519(signedBytes(text), coordinatorSeed);
}

export interface NoticeToSeal {
  readonly text: string;
  readonly signature: Uint8Array;
  /** X25519, the member's. */
  readonly noticeKey: Uint8Array;
  /** Of a pack of the smallest size. */
  readonly sizeBytes: number;
}

/** The same for the same text: a gateway that dies on the way begins anew under the same name. */
export function sealNotice({ text, signature, noticeKey, sizeBytes }: NoticeToSeal): Uint8Array {
  const bytes = utf8(text);
  assert(bytes.length + NOTICE_OVERHEAD_BYTES <= sizeBytes, 'a notice has room in its pack');
  const inside = new Uint8Array(sizeBytes - HEAD_BYTES - TAG_BYTES);
  new DataView(inside.buffer).setUint32(0, bytes.length, true);
  inside.set(signature, LENGTH_BYTES);
  inside.set(bytes, LENGTH_BYTES + SIGNATURE_BYTES);
  const secret = ephemeralOf(inside);
  const ephemeral = x25519PublicBytes(secret);
  const both = [ephemeral, noticeKey] as const;
  const { key, nonce } = agreedKeys({
    secret,
    other: publicX25519(noticeKey),
    both,
    info: SEAL_INFO,
  });
  const head = concatBytes(MAGIC, Uint8Array.of(VERSION), ephemeral);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(head);
  const sealed = concatBytes(cipher.update(inside), cipher.final());
  return concatBytes(head, sealed, cipher.getAuthTag());
}

export interface NoticeKeys {
  /** X25519, the member's private half and its public one. */
  readonly noticeSeed: Uint8Array;
  readonly noticeKey: Uint8Array;
  /** Ed25519, of the network's coordinator. */
  readonly coordinatorKey: Uint8Array;
}

/** The text. Throws `refused` for what was not sealed to this member, or not signed by this network. */
export function openNotice(bytes: Uint8Array, keys: NoticeKeys): string {
  const head = bytes.subarray(0, HEAD_BYTES);
  const isNotice =
    bytes.length > NOTICE_OVERHEAD_BYTES &&
    equalBytes(head.subarray(0, MAGIC.length), MAGIC) &&
    head[MAGIC.length] === VERSION;
  if (!isNotice) throw refused('it is none');
  const inside = unseal(bytes, head, keys);
  const length = new DataView(inside.buffer, inside.byteOffset).getUint32(0, true);
  const at = LENGTH_BYTES + SIGNATURE_BYTES;
  if (length > inside.length - at) throw refused('it claims more than it has bytes');
  const text = Buffer.from(inside.subarray(at, at + length)).toString('utf8');
  const signature = inside.subarray(LENGTH_BYTES, at);
  if (verifyEd25519(signedBytes(text), signature, keys.coordinatorKey)) return text;
  throw refused('the network has not signed it');
}

function unseal(
  bytes: Uint8Array,
  head: Uint8Array,
  { noticeSeed, noticeKey }: NoticeKeys,
): Uint8Array {
  const ephemeral = head.subarray(MAGIC.length + 1);
  try {
    const secret = privateX25519(noticeSeed);
    const both = [ephemeral, noticeKey] as const;
    const other = publicX25519(ephemeral);
    const { key, nonce } = agreedKeys({ secret, other, both, info: SEAL_INFO });
    const decipher = createDecipheriv(CIPHER, key, nonce).setAAD(head);
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const sealed = bytes.subarray(HEAD_BYTES, bytes.length - TAG_BYTES);
    return new Uint8Array(concatBytes(decipher.update(sealed), decipher.final()));
  } catch (cause) {
    throw refused('it is sealed to somebody else, or was changed', cause);
  }
}

function signedBytes(text: string): Uint8Array {
  return concatBytes(SIGN_DOMAIN, createHash('sha256').update(text).digest());
}

/** Keys of copies are in the text, so nobody else can guess what the ephemeral key follows from. */
function ephemeralOf(inside: Uint8Array): KeyObject {
  const digest = createHash('sha256').update(inside).digest();
  return privateX25519(new Uint8Array(hkdfSync('sha256', digest, '', EPHEMERAL_INFO, KEY_BYTES)));
}

function refused(why: string, cause?: unknown): KuraError {
  return new KuraError('refused', `the notice is refused: ${why}`, { cause });
}
