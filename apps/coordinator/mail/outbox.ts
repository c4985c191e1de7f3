// What goes out of the network to others' programs, by mail or webhook: one after the other within the time of a
// lease, each five times within a day at the most. It may come twice if a program dies between sending and noting,
// never more often.
import { HOUR_MS, type KuraError, MINUTE_MS, SECOND_MS } from '@kura/base';
import type { Rows } from '../db/tables.ts';

/** Waits after each failure; then it is given up, and stays in the inbox. */
export const RETRY_MS: readonly number[] = [10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 16 * HOUR_MS];
/** Nothing is begun later in a step: the lease ends at thirty. */
const BEGIN_WITHIN_MS = 10 * SECOND_MS;
export const MAX_WHY = 500;

/** Where the messages are: rows to look at, and transactions to note what became of each. */
export interface Outbox {
  readonly rows: Rows;
  readonly transact: (work: (rows: Rows) => Promise<void>) => Promise<void>;
}

export interface Sending<Due> {
  readonly due: readonly Due[];
  readonly nowMs: () => number;
  /** Undefined if it was taken; else why not. */
  readonly send: (due: Due) => Promise<KuraError | undefined>;
  readonly note: (rows: Rows, due: Due, why: KuraError | undefined) => Promise<void>;
}

/** Resolves to how many were taken. */
export async function sendInTurn<Due>(
  { transact }: Pick<Outbox, 'transact'>,
  { due, nowMs, send, note }: Sending<Due>,
): Promise<number> {
  let taken = 0;
  const beganMs = nowMs();
  for (const one of due) {
    if (Math.abs(nowMs() - beganMs) > BEGIN_WITHIN_MS) break;
    const why = await send(one);
    if (why === undefined) taken++;
    await transact((rows) => note(rows, one, why));
  }
  return taken;
}

/** Columns of a message after one more try; `tries`: those before it. */
export function afterTry(
  tries: number,
  { why, nowMs }: { readonly why: KuraError | undefined; readonly nowMs: number },
) {
  const waitMs = why === undefined || why.code === 'refused' ? undefined : RETRY_MS[tries];
  return {
    tries: tries + 1,
    next_ms: waitMs === undefined ? null : nowMs + waitMs,
    why: why === undefined ? null : why.message.slice(0, MAX_WHY),
  };
}
