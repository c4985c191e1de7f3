// Letters: what a network has to tell one member and nobody else, sealed to the member's X25519 key and signed by the
// network (docs/design/card.md, members.md). Whoever carries one, a store or a proxy, learns its size.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { assert, concatBytes, equalBytes, KuraError, utf8 } from '@kura/base';
import { signEd25519, verifyEd25519 } from '@kura/log/ed25519.ts';
import { agreedKeys, privateX25519, publicX25519, x25519PublicBytes } from './agreement.ts';

/** What it is for: in everything that is sealed and signed, so that none passes for another. */
export type LetterKind = 'notice' | 'keyring';

const VERSION = 1;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;
const SIGNATURE_BYTES = 64;
const CIPHER = 'aes-256-gcm';

/** What a letter takes besides its text, in bytes. */
export const letterOverhead = (kind: LetterKind): number =>
  headBytes(kind) + TAG_BYTES + LENGTH_BYTES + SIGNATURE_BYTES;

/** By the network's coordinator, over the text. */
export function signLetter(
  kind: LetterKind,
  text: string,
  coordinatorSeed: Uint8Array,
): Uint8Array {
  return signEd25519(signedBytes(kind, text), coordinatorSeed);
}

export interface LetterToSeal {
  readonly text: string;
  readonly signature: Uint8Array;
  /** X25519, the member's. */
  readonly noticeKey: Uint8Array;
  /** Of the whole letter, filled with zeros inside; by default what it needs. */
  readonly sizeBytes?: number;
}

/** The same for the same text: whoever dies on the way begins anew with the same bytes. */
export function sealLetter(kind: LetterKind, letter: LetterToSeal): Uint8Array {
  const { text, signature, noticeKey } = letter;
  const bytes = utf8(text);
  const needed = bytes.length + letterOverhead(kind);
  const { sizeBytes = needed } = letter;
  assert(needed <= sizeBytes, 'a letter has room for its text');
  const inside = new Uint8Array(sizeBytes - headBytes(kind) - TAG_BYTES);
  new DataView(inside.buffer).setUint32(0, bytes.length, true);
  inside.set(signature, LENGTH_BYTES);
  inside.set(bytes, LENGTH_BYTES + SIGNATURE_BYTES);
  const secret = ephemeralOf(kind, inside);
  const ephemeral = x25519PublicBytes(secret);
  const both = [ephemeral, noticeKey] as const;
  const other = publicX25519(noticeKey);
  const { key, nonce } = agreedKeys({ secret, other, both, info: labelOf(kind) });
  const head = concatBytes(magicOf(kind), Uint8Array.of(VERSION), ephemeral);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(head);
  const sealed = concatBytes(cipher.update(inside), cipher.final());
  return concatBytes(head, sealed, cipher.getAuthTag());
}

export interface LetterKeys {
  /** X25519, the member's private half and its public one. */
  readonly noticeSeed: Uint8Array;
  readonly noticeKey: Uint8Array;
  /** Ed25519, of the network's coordinator. */
  readonly coordinatorKey: Uint8Array;
}

/** The text. Throws `refused` for what was not sealed to this member, or not signed by this network for this use. */
export function openLetter(kind: LetterKind, bytes: Uint8Array, keys: LetterKeys): string {
  const magic = magicOf(kind);
  const head = bytes.subarray(0, headBytes(kind));
  const isLetter =
    bytes.length > letterOverhead(kind) &&
    equalBytes(head.subarray(0, magic.length), magic) &&
    head[magic.length] === VERSION;
  if (!isLetter) throw refused(kind, 'it is none');
  const inside = unseal(kind, bytes, keys);
  const length = new DataView(inside.buffer, inside.byteOffset).getUint32(0, true);
  const at = LENGTH_BYTES + SIGNATURE_BYTES;
  if (length > inside.length - at) throw refused(kind, 'it claims more than it has bytes');
  const text = Buffer.from(inside.subarray(at, at + length)).toString('utf8');
  const signature = inside.subarray(LENGTH_BYTES, at);
  if (verifyEd25519(signedBytes(kind, text), signature, keys.coordinatorKey)) return text;
  throw refused(kind, 'the network has not signed it');
}

function unseal(
  kind: LetterKind,
  bytes: Uint8Array,
  { noticeSeed, noticeKey }: LetterKeys,
): Uint8Array {
  const head = bytes.subarray(0, headBytes(kind));
  const ephemeral = head.subarray(head.length - KEY_BYTES);
  try {
    const secret = privateX25519(noticeSeed);
    const both = [ephemeral, noticeKey] as const;
    const other = publicX25519(ephemeral);
    const { key, nonce } = agreedKeys({ secret, other, both, info: labelOf(kind) });
    const decipher = createDecipheriv(CIPHER, key, nonce).setAAD(head);
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    const sealed = bytes.subarray(head.length, bytes.length - TAG_BYTES);
    return new Uint8Array(concatBytes(decipher.update(sealed), decipher.final()));
  } catch (cause) {
    throw refused(kind, 'it is sealed to somebody else, or was changed', cause);
  }
}

const labelOf = (kind: LetterKind): string => `kura/1 ${kind}`;
const magicOf = (kind: LetterKind): Uint8Array => utf8(`kura-${kind}\0`);
const headBytes = (kind: LetterKind): number => magicOf(kind).length + 1 + KEY_BYTES;

function signedBytes(kind: LetterKind, text: string): Uint8Array {
  return concatBytes(utf8(`${labelOf(kind)}\n`), createHash('sha256').update(text).digest());
}

/** Keys of copies are in the text, so nobody else can guess what the ephemeral key follows from. */
function ephemeralOf(kind: LetterKind, inside: Uint8Array): KeyObject {
  const digest = createHash('sha256').update(inside).digest();
  const seed = hkdfSync('sha256', digest, '', `${labelOf(kind)} ephemeral`, KEY_BYTES);
  return privateX25519(new Uint8Array(seed));
}

function refused(kind: LetterKind, why: string, cause?: unknown): KuraError {
  return new KuraError('refused', `the ${kind} is refused: ${why}`, { cause });
}
