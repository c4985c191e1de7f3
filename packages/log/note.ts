// Signed notes (C2SP signed-note): a text, an empty line, and lines "— name base64" of signatures over the
// text. Ed25519 only. Signatures by keys that the reader does not know are ignored, as the format wants it,
// so that witnesses can add theirs; a bad signature under the known key is refused.
import { assert, concatBytes, equalBytes, KuraError, utf8 } from '@kura/base';
import { fromBase64, toBase64 } from './base64.ts';
import { ed25519PublicKey, signEd25519, verifyEd25519 } from './ed25519.ts';
import { isNoteName, type NoteKey, noteKeyId, type SignatureType } from './verifier-key.ts';

const KEY_ID_BYTES = 4;
const SPACE = 0x20;
const SIGNATURE_MARK = '— ';
/** A checkpoint has about 200 bytes; the bounds keep a hostile note from costing time. */
const MAX_NOTE_BYTES = 64 * 1024;
const MAX_SIGNATURES = 32;

function refuse(why: string): never {
  throw new KuraError('refused', `the signed note is refused: ${why}`);
}

/** A note's text: lines without control characters, the last one ended too. */
function isNoteText(text: string): boolean {
  if (!text.isWellFormed() || !text.endsWith('\n')) return false;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) < SPACE && text[at] !== '\n') return false;
  }
  return true;
}

export interface NoteToSign {
  /** Ends with a newline. */
  readonly text: string;
  readonly name: string;
  readonly seed: Uint8Array;
}

export function signNote({ text, name, seed }: NoteToSign): string {
  assert(isNoteText(text), 'not a text for a note');
  const key = { name, publicKey: ed25519PublicKey(seed) };
  const keyId = noteKeyId(key, 'ed25519');
  return `${text}\n${formatSignatureLine({ name, keyId, signature: signEd25519(utf8(text), seed) })}`;
}

export interface NoteSignature {
  readonly name: string;
  readonly keyId: Uint8Array;
  /** Behind the key id: of Ed25519 64 bytes, of a cosignature 72. */
  readonly signature: Uint8Array;
}

/** With its newline. */
export function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  assert(isNoteName(name), 'not a name for a note key');
  return `${SIGNATURE_MARK}${name} ${toBase64(concatBytes(keyId, signature))}\n`;
}

/** `line` without its newline. */
function parseSignatureLine(line: string): NoteSignature {
  const space = line.indexOf(' ', SIGNATURE_MARK.length);
  if (!line.startsWith(SIGNATURE_MARK) || space < 0) refuse('a signature line is malformed');
  const name = line.slice(SIGNATURE_MARK.length, space);
  const bytes = fromBase64(line.slice(space + 1));
  if (!isNoteName(name) || bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    refuse('a signature line is malformed');
  }
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** One or more signature lines, as a witness answers them; each ends with a newline. */
export function parseSignatureLines(lines: string): NoteSignature[] {
  if (lines.length > MAX_NOTE_BYTES) refuse('it is too long');
  if (!isNoteText(lines)) refuse('it is not a text of whole lines');
  const each = lines.slice(0, -1).split('\n');
  if (each.length > MAX_SIGNATURES) refuse('it has too many signatures');
  return each.map(parseSignatureLine);
}

export interface ParsedNote {
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** Nothing is verified yet. Throws `refused` for what is not a note. */
export function parseNote(note: string): ParsedNote {
  if (note.length > MAX_NOTE_BYTES) refuse('it is too long');
  const gap = note.lastIndexOf('\n\n');
  if (gap < 0) refuse('it has no signatures');
  const text = note.slice(0, gap + 1);
  if (!isNoteText(text)) refuse('it is not a text of whole lines');
  return { text, signatures: parseSignatureLines(note.slice(gap + 2)) };
}

/** The signatures that name this key; the name and the id together say which. */
export function signaturesOf(note: ParsedNote, key: NoteKey, type: SignatureType): NoteSignature[] {
  const keyId = noteKeyId(key, type);
  return note.signatures.filter((line) => line.name === key.name && equalBytes(line.keyId, keyId));
}

export interface NoteToOpen {
  readonly note: string;
  readonly name: string;
  readonly publicKey: Uint8Array;
}

/** The text, if the key of that name signed it. Throws `refused`, saying why, otherwise. */
export function openNote({ note, name, publicKey }: NoteToOpen): string {
  return openParsedNote(parseNote(note), { name, publicKey });
}

export function openParsedNote(note: ParsedNote, key: NoteKey): string {
  const [own] = signaturesOf(note, key, 'ed25519');
  if (own === undefined) refuse(`${key.name} has not signed it`);
  if (!verifyEd25519(utf8(note.text), own.signature, key.publicKey)) {
    refuse(`the signature of ${key.name} does not belong to this text`);
  }
  return note.text;
}
