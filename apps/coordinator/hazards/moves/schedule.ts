// When each addition runs, over lines of limited width: in the order of the plan, one transfer at a time per line and
// direction, each at the speed of the slower of its two ends. It says which will be late, and which wait for
// a person. The schedule promises no more than the lines can carry.
import { HOUR_MS, must, SECOND_MS } from '@kura/base';
import type { Addition } from '../planner/replan.ts';
import { riskParameters } from '../risk/parameters.ts';

export interface Line {
  readonly bytesPerSecond: number;
  /** Busy with earlier transfers until then. */
  readonly sendFreeMs: number;
  readonly receiveFreeMs: number;
}

/** What an operator has said. */
export interface Orders {
  readonly isPaused: boolean;
  /** Groups whose moves were refused. */
  readonly vetoed: ReadonlySet<number>;
  /** Groups whose moves were approved beyond the cap. */
  readonly approved: ReadonlySet<number>;
}

export const NO_ORDERS: Orders = { isPaused: false, vetoed: new Set(), approved: new Set() };

export interface ScheduleInput {
  readonly additions: readonly Addition[];
  /** By store. */
  readonly lines: readonly Line[];
  readonly nowMs: number;
  /** Of everything that the network holds: the hourly cap is a share of it. */
  readonly totalBytes: number;
  /** Of that, what was planned within the last hour on the word of one source. */
  readonly recentBytes?: number;
  readonly orders: Orders;
  /** Groups whose danger is known from a second source, or from the store itself: no cap for them. */
  readonly confirmed: ReadonlySet<number>;
}

/** planned: runs · approval: above the cap, an operator decides · stopped: paused, vetoed, or nothing to read from. */
export type TransferState = 'planned' | 'approval' | 'stopped';

export interface Transfer {
  readonly addition: Addition;
  readonly state: TransferState;
  /** Undefined unless planned. */
  readonly from: number | undefined;
  readonly startMs: number;
  readonly endMs: number;
  /** With half as much time again as it should take, it ends after harm comes. */
  readonly isLate: boolean;
  readonly note: string;
}

const ABOVE_CAP =
  'above the hourly cap on the word of one source: an operator, a second source or the next hour decides';

export function schedule(input: ScheduleInput): Transfer[] {
  const sendFreeMs = Float64Array.from(input.lines, (line) => line.sendFreeMs);
  const receiveFreeMs = Float64Array.from(input.lines, (line) => line.receiveFreeMs);
  const { hourlyCap } = riskParameters().decisions;
  let unconfirmedBytes = input.recentBytes ?? 0;
  const transfers: Transfer[] = [];
  for (const addition of input.additions) {
    const stopped = whyStopped(addition, input.orders);
    if (stopped !== undefined) {
      transfers.push(waiting(addition, 'stopped', stopped));
      continue;
    }
    const { group } = addition;
    const isFree = input.confirmed.has(group) || input.orders.approved.has(group);
    // One pack an hour goes in the smallest network, too.
    const capBytes = Math.max(hourlyCap * input.totalBytes, addition.bytes / addition.packs);
    const leftBytes = isFree ? addition.bytes : capBytes - unconfirmedBytes;
    const { now, later } = divide(addition, leftBytes);
    if (now !== undefined) {
      if (!isFree) unconfirmedBytes += now.bytes;
      transfers.push(planned(now, { input, sendFreeMs, receiveFreeMs }));
    }
    if (later !== undefined) transfers.push(waiting(later, 'approval', ABOVE_CAP));
  }
  return transfers;
}

/** As many packs as the bytes allow, and the others. */
function divide(
  addition: Addition,
  leftBytes: number,
): { readonly now?: Addition; readonly later?: Addition } {
  const { first, packs, bytes } = addition;
  if (bytes <= leftBytes) return { now: addition };
  const packBytes = bytes / packs;
  const count = Math.max(0, Math.floor(leftBytes / packBytes));
  if (count === 0) return { later: addition };
  const part = (from: number, some: number): Addition => {
    return { ...addition, first: from, packs: some, bytes: some * packBytes };
  };
  return { now: part(first, count), later: part(first + count, packs - count) };
}

function whyStopped({ group, sources }: Addition, orders: Orders): string | undefined {
  if (orders.isPaused) return 'moves are paused';
  if (orders.vetoed.has(group)) return 'an operator refused it';
  return sources.length === 0 ? 'no copy can be read now' : undefined;
}

function waiting(addition: Addition, state: 'approval' | 'stopped', note: string): Transfer {
  const never = Number.POSITIVE_INFINITY;
  const isLate = addition.harmMs < never;
  return { addition, state, from: undefined, startMs: never, endMs: never, isLate, note };
}

interface Lines {
  readonly input: ScheduleInput;
  readonly sendFreeMs: Float64Array;
  readonly receiveFreeMs: Float64Array;
}

/** From the source that is done first; of equal ones the first, which is out of danger if any is. */
function planned(addition: Addition, { input, sendFreeMs, receiveFreeMs }: Lines): Transfer {
  const { to, bytes, harmMs } = addition;
  const speedOf = (store: number): number =>
    must(input.lines[store], 'a line of every store').bytesPerSecond;
  let best: { from: number; startMs: number; endMs: number } | undefined;
  for (const from of addition.sources) {
    const freeMs = Math.max(sendFreeMs[from] ?? 0, receiveFreeMs[to] ?? 0);
    const startMs = Math.max(input.nowMs, freeMs);
    const seconds = bytes / Math.min(speedOf(from), speedOf(to));
    const endMs = startMs + seconds * SECOND_MS;
    if (best === undefined || endMs < best.endMs) best = { from, startMs, endMs };
  }
  const { from, startMs, endMs } = must(best, 'a source');
  sendFreeMs[from] = endMs;
  receiveFreeMs[to] = endMs;
  const { deadlineMargin } = riskParameters().decisions;
  const neededMs = (endMs - input.nowMs) * deadlineMargin;
  const isLate = input.nowMs + neededMs > harmMs;
  const note = isLate ? lateness(input.nowMs, neededMs, harmMs) : '';
  return { addition, state: 'planned', from, startMs, endMs, isLate, note };
}

function lateness(nowMs: number, neededMs: number, harmMs: number): string {
  if (harmMs <= nowMs) return 'the danger is there already; it runs as fast as the lines allow';
  const hours = (ms: number): string => (ms / HOUR_MS).toFixed(1);
  return `may take ${hours(neededMs)} h, and the danger comes in ${hours(harmMs - nowMs)} h`;
}
