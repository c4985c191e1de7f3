// A checkpoint (C2SP tlog-checkpoint) is the text of a signed note: which log, how many entries, which head.
// Lines beyond the third are extensions; Kura writes none and ignores those of others.
import { assert, KuraError } from '@kura/base';
import { fromBase64, toBase64 } from './base64.ts';
import { HASH_BYTES } from './hash.ts';
import { openParsedNote, type ParsedNote, parseNote, signNote } from './note.ts';
import { isNoteName } from './verifier-key.ts';

export interface Checkpoint {
  /** Names the log, and by that its key: unique for ever, without a scheme ("kura.example/log"). */
  readonly origin: string;
  readonly size: number;
  readonly head: Uint8Array;
}

export function formatCheckpoint({ origin, size, head }: Checkpoint): string {
  assert(isNoteName(origin), 'not an origin for a checkpoint');
  assert(Number.isSafeInteger(size) && size >= 0, 'a size is a whole number');
  assert(head.length === HASH_BYTES, 'a head is 32 bytes');
  return `${origin}\n${size}\n${toBase64(head)}\n`;
}

export function parseCheckpoint(text: string): Checkpoint {
  const refuse = (why: string): never => {
    throw new KuraError('refused', `the checkpoint is refused: ${why}`);
  };
  const lines = text.split('\n');
  const [origin = '', sizeText = '', headText = ''] = lines;
  if (lines.length < 4 || lines.at(-1) !== '' || lines.slice(0, -1).includes('')) {
    refuse('it has not the three lines of a checkpoint');
  }
  if (!/^(0|[1-9][0-9]{0,15})$/.test(sizeText)) refuse('its size is not a number');
  const size = Number(sizeText);
  if (!Number.isSafeInteger(size)) refuse('its size is not a number');
  const head = fromBase64(headText);
  if (head === undefined || head.length !== HASH_BYTES) return refuse('its head is not a hash');
  return { origin, size, head };
}

/** The log's key has the name of the log. */
export function signCheckpoint(checkpoint: Checkpoint, seed: Uint8Array): string {
  return signNote({ text: formatCheckpoint(checkpoint), name: checkpoint.origin, seed });
}

export interface LogKey {
  readonly origin: string;
  readonly publicKey: Uint8Array;
}

/** Throws `refused` unless this log signed it and means itself. */
export function openCheckpoint(note: string, log: LogKey): Checkpoint {
  return openParsedCheckpoint(parseNote(note), log);
}

export function openParsedCheckpoint(note: ParsedNote, { origin, publicKey }: LogKey): Checkpoint {
  const checkpoint = parseCheckpoint(openParsedNote(note, { name: origin, publicKey }));
  if (checkpoint.origin !== origin) {
    throw new KuraError('refused', `the checkpoint is of another log: ${checkpoint.origin}`);
  }
  return checkpoint;
}
