// How far a store's own check has come: a small file of its state, replaced as a whole. A kill loses at most a
// minute of it; what was found is kept apart (`findings/`) and loses nothing.
import { KuraError } from '@kura/base';
import { type Infer, record, text, timeMs, whole } from '@kura/contract/wire/shape.ts';

const count = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });

const scrubState = record({
  version: whole({ min: 1, max: 1 }),
  /** When the round that is under way began. */
  roundMs: timeMs,
  /** When the last round began that came to its end with every copy read; 0 before the first. */
  wholeRoundMs: timeMs,
  /** The copy that was checked last, in the order of names; empty at the beginning of a round. */
  after: text({ maxLength: 64 }),
  /** In this round. */
  copiesRead: count,
  bytesRead: count,
  /** In this round: copies that could not be judged. */
  copiesLeftOut: count,
});
export type ScrubState = Infer<typeof scrubState>;

export function firstScrubState(nowMs: number): ScrubState {
  return beginRound({ wholeRoundMs: 0 }, nowMs);
}

export function beginRound(
  { wholeRoundMs }: Pick<ScrubState, 'wholeRoundMs'>,
  nowMs: number,
): ScrubState {
  const counts = { copiesRead: 0, bytesRead: 0, copiesLeftOut: 0 };
  return { version: 1, roundMs: nowMs, wholeRoundMs, after: '', ...counts };
}

export function encodeScrubState(state: ScrubState): Uint8Array {
  return new Uint8Array(Buffer.from(`${JSON.stringify(scrubState.write(state))}\n`, 'utf8'));
}

/** Undefined for what is no such state: then a round begins anew, and nothing is lost but time. */
export function decodeScrubState(bytes: Uint8Array | undefined): ScrubState | undefined {
  if (bytes === undefined) return undefined;
  try {
    return scrubState.read(JSON.parse(Buffer.from(bytes).toString('utf8')), '');
  } catch (error) {
    if (error instanceof KuraError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
