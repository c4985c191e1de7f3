// What the short signed things of the network have in common: a domain line, a body of known length that
// begins with a version, an Ed25519 signature, and nothing after it. Each has its own file beside this one;
// bytes are in docs/design/protocol.md, vectors in vectors/network.
import { hash } from 'node:crypto';
import { ByteReader, ByteWriter, concatBytes, equalBytes, KuraError } from '@kura/base';
import { ED25519_SIGNATURE_BYTES, signEd25519, verifyEd25519 } from '@kura/log/ed25519.ts';

export const SIGNATURE_BYTES = ED25519_SIGNATURE_BYTES;
/** Of the SubjectPublicKeyInfo of a TLS certificate: who stands at the other end of a connection. */
export const KEY_HASH_BYTES = 32;
/** Tells several keys of one signer apart, as while one replaces another; proves nothing. */
export const SIGNER_BYTES = 8;
const VERSION = 1;

export interface SignedForm {
  /** In messages: "the ticket is refused". */
  readonly noun: string;
  /** Begins what is signed, so that no signature can stand for another kind of thing. */
  readonly domain: Uint8Array;
  /** Version and fields, without the signature; a list of variable length names its largest. */
  readonly bodyBytes: { readonly min: number; readonly max: number };
}

/** `context.reason` of every refusal here; each maps to one test and one line of a log. */
export type RefusalReason =
  | 'malformed'
  | 'signature'
  | 'store'
  | 'copy'
  | 'challenge'
  | 'key'
  | 'early'
  | 'late'
  | 'long'
  | 'revoked'
  | 'older';

export function refusal({ noun }: SignedForm, reason: RefusalReason, why: string): KuraError {
  return new KuraError('refused', `the ${noun} is refused: ${why}`, { context: { reason } });
}

/** First bytes of the hash of a signer's public key. */
export function signerOf(publicKey: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', publicKey, 'buffer').subarray(0, SIGNER_BYTES));
}

/** Room for a body, with its version in it: the fields follow. */
export function beginBody({ bodyBytes }: SignedForm): ByteWriter {
  const writer = new ByteWriter(bodyBytes.max);
  writer.u8(VERSION);
  return writer;
}

/** `body ‖ signature`. */
export function signBody({ domain }: SignedForm, writer: ByteWriter, seed: Uint8Array): Uint8Array {
  const body = writer.bytes();
  return concatBytes(body, signEd25519(concatBytes(domain, body), seed));
}

/** The fields behind the version, if one of `keys` signed exactly these bytes; else `refused`. */
export function openBody(
  form: SignedForm,
  signed: Uint8Array,
  keys: readonly Uint8Array[],
): ByteReader {
  const { min, max } = form.bodyBytes;
  const bodyBytes = signed.length - SIGNATURE_BYTES;
  if (bodyBytes < min || bodyBytes > max)
    throw refusal(form, 'malformed', 'its length is not right');
  const body = signed.subarray(0, bodyBytes);
  if (body[0] !== VERSION) throw refusal(form, 'malformed', `its version is ${body[0]}`);
  const message = concatBytes(form.domain, body);
  const signature = signed.subarray(bodyBytes);
  if (!keys.some((key) => verifyEd25519(message, signature, key))) {
    throw refusal(form, 'signature', 'it was not signed by whom it should be');
  }
  return new ByteReader(body.subarray(1), form.noun);
}

/** Of `keys`, those that a body's signer field names. */
export function keysNamed(keys: readonly Uint8Array[], signer: Uint8Array): readonly Uint8Array[] {
  return keys.filter((key) => equalBytes(signerOf(key), signer));
}

/** A number of 64 bits that is one here as well; nothing that counts or tells time is larger. */
export function readWhole(reader: ByteReader, form: SignedForm): number {
  const value = Number(reader.u64());
  if (Number.isSafeInteger(value)) return value;
  throw refusal(form, 'malformed', 'a number in it is out of range');
}

/** A header's word for it: `kt1.` and the bytes in base64url. */
export function toWord(prefix: string, signed: Uint8Array): string {
  return `${prefix}.${Buffer.from(signed).toString('base64url')}`;
}

/** Undefined unless `word` is the one text of such bytes. */
export function fromWord(prefix: string, word: string, bytes: number): Uint8Array | undefined {
  if (!word.startsWith(`${prefix}.`)) return undefined;
  const text = word.slice(prefix.length + 1);
  if (text.length !== Math.ceil((bytes * 4) / 3)) return undefined;
  const decoded = Buffer.from(text, 'base64url');
  if (decoded.length !== bytes || decoded.toString('base64url') !== text) return undefined;
  return new Uint8Array(decoded);
}
