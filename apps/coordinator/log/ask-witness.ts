// One question to one witness, and what its answer means. It is a stranger's server: nothing of it is believed but a
// signature of its key over what was asked.
import { errnoOf, KuraError } from '@kura/base';
import {
  ADD_CHECKPOINT,
  type AddCheckpoint,
  encodeAddCheckpoint,
  parseSize,
} from '@kura/contract/wire/add-checkpoint.ts';
import {
  formatSignatureLine,
  type NoteKey,
  openCosignature,
  parseNote,
  signaturesOf,
} from '@kura/log';
import type { OutsideAnswer, OutsideClient } from '@kura/wire/outside/outside-client.ts';

export interface AskedWitness {
  readonly key: NoteKey;
  /** Without a slash at its end. */
  readonly url: string;
}

export type WitnessAnswer =
  /** `line`: its signature line, with a newline. */
  | { readonly kind: 'cosigned'; readonly line: string; readonly timeMs: number }
  /** It cosigned a checkpoint of this size last. */
  | { readonly kind: 'elsewhere'; readonly size: number }
  /** It has seen another history of this log. */
  | { readonly kind: 'forked' }
  /** It does not know this log, or not this key of it. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable'; readonly why: string };

/** A line of a signature, or a number. */
const MAX_ANSWER_BYTES = 16 * 1024;
const STALE: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE']);
const STATUS = { done: 200, forbidden: 403, notFound: 404, conflict: 409, unfit: 422 } as const;

const unreachable = (why: string): WitnessAnswer => ({ kind: 'unreachable', why });

export async function askWitness(
  client: OutsideClient,
  witness: AskedWitness,
  request: AddCheckpoint,
): Promise<WitnessAnswer> {
  try {
    return meaningOf(await sendTo(client, witness, request), witness, request);
  } catch (error) {
    if (error instanceof KuraError) return unreachable(error.message);
    throw error;
  }
}

/** Once more if the connection was one of before, and the other end had given it up meanwhile. */
async function sendTo(
  client: OutsideClient,
  { url }: AskedWitness,
  request: AddCheckpoint,
): Promise<OutsideAnswer> {
  const send = (): Promise<OutsideAnswer> =>
    client.send({
      method: 'POST',
      url: new URL(`${url}/${ADD_CHECKPOINT}`),
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: encodeAddCheckpoint(request),
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
  try {
    return await send();
  } catch (error) {
    const isStale = error instanceof KuraError && STALE.has(errnoOf(error.cause) ?? '');
    if (!isStale) throw error;
    return await send();
  }
}

function meaningOf(
  { status, body }: OutsideAnswer,
  { key }: AskedWitness,
  { oldSize, checkpoint }: AddCheckpoint,
): WitnessAnswer {
  const text = Buffer.from(body).toString('utf8');
  switch (status) {
    case STATUS.done:
      return cosignedBy(key, checkpoint, text);
    case STATUS.conflict: {
      const size = parseSize(text.replace(/\n$/, ''));
      if (size === undefined) return unreachable('its answer is no size');
      return size === oldSize ? { kind: 'forked' } : { kind: 'elsewhere', size };
    }
    case STATUS.unfit:
      return { kind: 'forked' };
    case STATUS.forbidden:
    case STATUS.notFound:
      return { kind: 'unknown' };
    default:
      return unreachable(`it answered with status ${status}`);
  }
}

/** Lines of other keys are ignored, as the format wants it. */
function cosignedBy(key: NoteKey, checkpoint: string, lines: string): WitnessAnswer {
  try {
    const note = parseNote(`${parseNote(checkpoint).text}\n${lines}`);
    const cosignature = openCosignature(note, key);
    const [signature] = signaturesOf(note, key, 'cosignature');
    if (cosignature !== undefined && signature !== undefined) {
      const { timeMs } = cosignature;
      return { kind: 'cosigned', line: formatSignatureLine(signature), timeMs };
    }
    return unreachable('it answered without a cosignature of its key');
  } catch (error) {
    if (error instanceof KuraError) return unreachable(error.message);
    throw error;
  }
}
