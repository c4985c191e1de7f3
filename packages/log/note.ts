// Signed notes (C2SP signed-note): a text, an empty line, and lines "— name base64" of signatures over the
// text. Ed25519 only. Signatures by keys that the reader does not know are ignored, as the format wants it,
// so that witnesses can add theirs; a bad signature under the known key is refused.
import { hash } from 'node:crypto';
import { assert, concatBytes, equalBytes, KuraError, toHex, utf8 } from '@kura/base';
import { ed25519PublicKey, signEd25519, verifyEd25519 } from './ed25519.ts';

const ALGORITHM_ED25519 = 1;
const KEY_ID_BYTES = 4;
const SPACE = 0x20;
const SIGNATURE_MARK = '— ';
/** A checkpoint has about 200 bytes; the bounds keep a hostile note from costing time. */
const MAX_NOTE_BYTES = 64 * 1024;
const MAX_SIGNATURES = 32;

function refuse(why: string): never {
  throw new KuraError('refused', `the signed note is refused: ${why}`);
}

/** A key name: not empty, no white space, no plus sign. */
export function isNoteName(name: string): boolean {
  return name.length > 0 && name.isWellFormed() && !/[\s+\p{Cc}]/u.test(name);
}

/** A note's text: lines without control characters, the last one ended too. */
function isNoteText(text: string): boolean {
  if (!text.isWellFormed() || !text.endsWith('\n')) return false;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) < SPACE && text[at] !== '\n') return false;
  }
  return true;
}

/** First 4 bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). */
export function noteKeyId(name: string, publicKey: Uint8Array): Uint8Array {
  const input = concatBytes(utf8(`${name}\n`), new Uint8Array([ALGORITHM_ED25519]), publicKey);
  return new Uint8Array(hash('sha256', input, 'buffer')).slice(0, KEY_ID_BYTES);
}

/** The form in which logs and witnesses publish their keys: "name+id+base64". */
export function verifierKey(name: string, publicKey: Uint8Array): string {
  assert(isNoteName(name), 'not a name for a note key');
  const key = concatBytes(new Uint8Array([ALGORITHM_ED25519]), publicKey);
  return `${name}+${toHex(noteKeyId(name, publicKey))}+${toBase64(key)}`;
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Undefined unless `text` is the one way to write these bytes in padded base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'));
  return toBase64(bytes) === text ? bytes : undefined;
}

export interface NoteToSign {
  /** Ends with a newline. */
  readonly text: string;
  readonly name: string;
  readonly seed: Uint8Array;
}

export function signNote({ text, name, seed }: NoteToSign): string {
  assert(isNoteText(text), 'not a text for a note');
  assert(isNoteName(name), 'not a name for a note key');
  const keyId = noteKeyId(name, ed25519PublicKey(seed));
  const signature = concatBytes(keyId, signEd25519(utf8(text), seed));
  return `${text}\n${SIGNATURE_MARK}${name} ${toBase64(signature)}\n`;
}

export interface NoteToOpen {
  readonly note: string;
  readonly name: string;
  readonly publicKey: Uint8Array;
}

interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  readonly signature: Uint8Array;
}

function parseSignature(line: string): NoteSignature {
  const space = line.indexOf(' ', SIGNATURE_MARK.length);
  if (!line.startsWith(SIGNATURE_MARK) || space < 0) refuse('a signature line is malformed');
  const name = line.slice(SIGNATURE_MARK.length, space);
  const bytes = fromBase64(line.slice(space + 1));
  if (!isNoteName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    refuse('a signature line is malformed');
  }
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

function splitNote(note: string): { text: string; signatures: NoteSignature[] } {
  if (note.length > MAX_NOTE_BYTES) refuse('it is too long');
  const gap = note.lastIndexOf('\n\n');
  if (gap < 0) refuse('it has no signatures');
  const text = note.slice(0, gap + 1);
  const rest = note.slice(gap + 2);
  if (!isNoteText(text) || !isNoteText(rest)) refuse('it is not a text of whole lines');
  const lines = rest.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) refuse('it has too many signatures');
  return { text, signatures: lines.map(parseSignature) };
}

/** The text, if the key of that name signed it. Throws `refused`, saying why, otherwise. */
export function openNote({ note, name, publicKey }: NoteToOpen): string {
  const { text, signatures } = splitNote(note);
  const keyId = noteKeyId(name, publicKey);
  const own = signatures.find((line) => line.name === name && equalBytes(line.keyId, keyId));
  if (own === undefined) refuse(`${name} has not signed it`);
  if (!verifyEd25519(utf8(text), own.signature, publicKey)) {
    refuse(`the signature of ${name} does not belong to this text`);
  }
  return text;
}
