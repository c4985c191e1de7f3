// A line of the journal: what a session was about, in words that only its member reads. A device that saves writes
// it with the public halves, so it cannot read what others wrote; the service keeps it beside the session and learns
// its size, which is always the same.
//
// line = u8 version 1 ‖ u32 epoch ‖ 1120 envelope ‖ AES-256-GCM(u16 length ‖ text ‖ zeros) ‖ 16 tag
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { assert, fromHex, KuraError, type Random, type SessionId, utf8 } from '@kura/base';
import { derive } from './derive.ts';
import { ENVELOPE_BYTES, newEnvelope, openEnvelope } from './envelope.ts';
import type { ReadingKeys, SavingKeys } from './member-keys.ts';

const VERSION = 1;
const HEAD_BYTES = 1 + 4 + ENVELOPE_BYTES;
const TAG_BYTES = 16;
const LENGTH_BYTES = 2;
const INSIDE_BYTES = 1024;
/** UTF-8, of one line. Less: whoever saves many folders is not told which. */
export const MAX_LINE_TEXT_BYTES = INSIDE_BYTES - LENGTH_BYTES;
export const JOURNAL_LINE_BYTES = HEAD_BYTES + INSIDE_BYTES + TAG_BYTES;
const CIPHER = 'aes-256-gcm';

export interface LineToSeal {
  readonly text: string;
  /** A line of one session never opens as another's. */
  readonly session: SessionId;
  readonly keys: Pick<SavingKeys, 'epoch' | 'publicKeys'>;
  readonly random: Random;
}

export function sealJournalLine({ text, session, keys, random }: LineToSeal): Uint8Array {
  const bytes = utf8(text);
  assert(bytes.length <= MAX_LINE_TEXT_BYTES, 'a line of the journal has room for its text');
  const { envelope, sessionSecret } = newEnvelope(keys, random);
  const line = new Uint8Array(JOURNAL_LINE_BYTES);
  const view = new DataView(line.buffer);
  view.setUint8(0, VERSION);
  view.setUint32(1, keys.epoch, true);
  line.set(envelope, 5);
  const inside = new Uint8Array(INSIDE_BYTES);
  new DataView(inside.buffer).setUint16(0, bytes.length, true);
  inside.set(bytes, LENGTH_BYTES);
  const { key, nonce } = lineKey(sessionSecret, session);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(line.subarray(0, HEAD_BYTES));
  line.set(cipher.update(inside), HEAD_BYTES);
  cipher.final();
  line.set(cipher.getAuthTag(), HEAD_BYTES + INSIDE_BYTES);
  return line;
}

/** The text. Throws `corrupt`: damaged, of another session, another member or other keys. */
export function openJournalLine(
  line: Uint8Array,
  { session, keys }: { readonly session: SessionId; readonly keys: ReadingKeys },
): string {
  const view = new DataView(line.buffer, line.byteOffset, line.byteLength);
  const isLine =
    line.length === JOURNAL_LINE_BYTES &&
    view.getUint8(0) === VERSION &&
    view.getUint32(1, true) === keys.epoch;
  if (!isLine) throw damaged();
  const head = line.subarray(0, HEAD_BYTES);
  const { key, nonce } = lineKey(openEnvelope(keys, head.subarray(5)), session);
  const decipher = createDecipheriv(CIPHER, key, nonce).setAAD(head);
  decipher.setAuthTag(line.subarray(HEAD_BYTES + INSIDE_BYTES));
  const inside = decipher.update(line.subarray(HEAD_BYTES, HEAD_BYTES + INSIDE_BYTES));
  try {
    decipher.final();
  } catch (cause) {
    throw damaged(cause);
  }
  const length = inside.readUInt16LE(0);
  if (length > MAX_LINE_TEXT_BYTES) throw damaged();
  return inside.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + length);
}

/** A secret serves one line, so no nonce repeats. */
function lineKey(secret: Uint8Array, session: SessionId) {
  const both = derive({ secret, salt: fromHex(session), info: 'kura/1 journal line', bytes: 44 });
  return { key: both.subarray(0, 32), nonce: both.subarray(32) };
}

function damaged(cause?: unknown): KuraError {
  return new KuraError('corrupt', 'a line of the journal is damaged, or of somebody else', {
    cause,
  });
}
