// Keys of signed notes as logs and witnesses publish them (C2SP signed-note, "verifier keys"):
// "name+id+base64(type ‖ public key)". The id is short and proves nothing; the key does.
import { hash } from 'node:crypto';
import { assert, concatBytes, equalBytes, KuraError, toHex, utf8 } from '@kura/base';
import { fromBase64, toBase64 } from './base64.ts';
import { ED25519_KEY_BYTES } from './ed25519.ts';

/** How a key signs: a note's text as it is, or a checkpoint with the time at which it was seen. */
export const SIGNATURE_TYPES = { ed25519: 1, cosignature: 4 } as const;
export type SignatureType = keyof typeof SIGNATURE_TYPES;

export interface NoteKey {
  readonly name: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
}

const KEY_ID_BYTES = 4;

/** A key name: not empty, no white space, no plus sign. */
export function isNoteName(name: string): boolean {
  return name.length > 0 && name.isWellFormed() && !/[\s+\p{Cc}]/u.test(name);
}

/** First 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key). */
export function noteKeyId({ name, publicKey }: NoteKey, type: SignatureType): Uint8Array {
  const input = concatBytes(utf8(`${name}\n`), new Uint8Array([SIGNATURE_TYPES[type]]), publicKey);
  return new Uint8Array(hash('sha256', input, 'buffer')).slice(0, KEY_ID_BYTES);
}

export function formatVerifierKey(key: NoteKey, type: SignatureType): string {
  assert(isNoteName(key.name), 'not a name for a note key');
  const typed = concatBytes(new Uint8Array([SIGNATURE_TYPES[type]]), key.publicKey);
  return `${key.name}+${toHex(noteKeyId(key, type))}+${toBase64(typed)}`;
}

/** Throws `refused` unless `text` is the verifier key of an Ed25519 key of this type. */
export function parseVerifierKey(text: string, type: SignatureType): NoteKey {
  const refuse = (why: string): never => {
    throw new KuraError('refused', `the verifier key is refused: ${why}`, {
      guidance: 'A verifier key is written "name+id+base64", as its owner published it.',
    });
  };
  const [, name = '', id = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const typed = fromBase64(encoded);
  if (typed === undefined || !isNoteName(name)) return refuse('it is malformed');
  if (typed[0] !== SIGNATURE_TYPES[type]) refuse(`it is not one for ${WHAT_SIGNS[type]}`);
  if (typed.length !== 1 + ED25519_KEY_BYTES) refuse('its key is not 32 bytes');
  const key: NoteKey = { name, publicKey: typed.slice(1) };
  if (toHex(noteKeyId(key, type)) !== id) refuse('its id is that of another key');
  return key;
}

const WHAT_SIGNS: Readonly<Record<SignatureType, string>> = {
  ed25519: 'notes',
  cosignature: 'cosignatures of a witness',
};

/** The same underlying key, under whatever name. */
export function isSameKey(one: NoteKey, other: NoteKey): boolean {
  return equalBytes(one.publicKey, other.publicKey);
}
