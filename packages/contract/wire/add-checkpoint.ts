// What a log asks a witness, as it travels (C2SP tlog-witness, add-checkpoint): "old N", the hashes of a consistency
// proof from N, an empty line, the signed checkpoint. Texts of others' making, so nothing here is in Kura's own form.
import { assert, KuraError, utf8 } from '@kura/base';
import { fromBase64, HASH_BYTES, toBase64 } from '@kura/log';

/** Of every answer that says which size was cosigned last. */
export const SIZE_TYPE = 'text/x.tlog.size';
export const ADD_CHECKPOINT = 'add-checkpoint';
/** Of the format. */
const MAX_PROOF_LINES = 63;
const HASH_LINE_BYTES = 45;
const MAX_NOTE_BYTES = 64 * 1024;
export const MAX_ADD_CHECKPOINT_BYTES = MAX_NOTE_BYTES + (MAX_PROOF_LINES + 1) * HASH_LINE_BYTES;

export interface AddCheckpoint {
  /** Of the checkpoint that the witness cosigned last; 0 if it never did. */
  readonly oldSize: number;
  /** From the old size to the new one; 32 bytes each. */
  readonly proof: readonly Uint8Array[];
  /** A signed note. */
  readonly checkpoint: string;
}

/** A size in decimal without zeroes before it; undefined for any other text. */
export function parseSize(text: string): number | undefined {
  const size = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

export function encodeAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array {
  assert(proof.length <= MAX_PROOF_LINES, 'a proof has at most 63 hashes');
  const lines = [`old ${oldSize}`, ...proof.map(toBase64), '', checkpoint];
  return utf8(lines.join('\n'));
}

/** Throws `hostile` unless it is written as the format says; of the checkpoint nothing is judged. */
export function decodeAddCheckpoint(bytes: Uint8Array): AddCheckpoint {
  const refuse = (why: string): never => {
    throw new KuraError('hostile', `the request is refused: ${why}`);
  };
  if (bytes.length > MAX_ADD_CHECKPOINT_BYTES) refuse('it is too long');
  const text = Buffer.from(bytes).toString('utf8');
  const gap = text.indexOf('\n\n');
  if (gap < 0) refuse('it has no checkpoint');
  const [first = '', ...hashes] = text.slice(0, gap).split('\n');
  const oldSize = first.startsWith('old ') ? parseSize(first.slice('old '.length)) : undefined;
  if (oldSize === undefined) return refuse('its first line is not "old" and a size');
  if (hashes.length > MAX_PROOF_LINES) refuse('its proof is too long');
  const proof = hashes.map((line) => {
    const hash = fromBase64(line);
    return hash?.length === HASH_BYTES ? hash : refuse('its proof is not a list of hashes');
  });
  return { oldSize, proof, checkpoint: text.slice(gap + 2) };
}
