// When a snapshot was made, as far as two clocks agree: the log's, which took it, and the device's, which signed it.
// Pure. What they disagree about has no time: it is kept, and counts for nothing (docs/design/removal.md).
import { DAY_MS, MINUTE_MS, must } from '@kura/base';

export interface LoggedTimes {
  /** What the signed record says. */
  readonly timeMs: number;
  /** When the log took it; undefined where nobody says. */
  readonly loggedMs: number | undefined;
  /** Where in the log it is: the order of custody, whatever clocks say. */
  readonly leafIndex: number;
  /** When the log took what this one replaces, as after a change of tags. */
  readonly originalLoggedMs?: number | undefined;
}

export type Doubt = 'clocks differ' | 'log out of order' | 'not in the log';

export interface PlacedInTime<T extends LoggedTimes> {
  readonly snapshot: T;
  /** When it counts for; undefined if that is in doubt. */
  readonly atMs: number | undefined;
  readonly doubt: Doubt | undefined;
}

/** Wider: a coordinator could put a snapshot into another day. Narrower: a slow backup has no time. */
export const MAX_CLOCK_DIFFERENCE_MS = DAY_MS;
/** Of coordinators that take turns. */
const LOG_SLACK_MS = 10 * MINUTE_MS;

/** In the order of their leaves. */
export function placeInTime<T extends LoggedTimes>(snapshots: readonly T[]): PlacedInTime<T>[] {
  const inOrder = [...snapshots].sort((a, b) => a.leafIndex - b.leafIndex);
  const logged = inOrder.filter((snapshot) => snapshot.loggedMs !== undefined);
  const rising = longestRising(logged);
  return inOrder.map((snapshot) => {
    const takenMs = rising.get(snapshot);
    const doubt = doubtOf(snapshot, takenMs);
    const atMs = doubt === undefined ? (snapshot.originalLoggedMs ?? takenMs) : undefined;
    return { snapshot, atMs, doubt };
  });
}

/** `takenMs`: when the log took it, if the log agrees with itself about that. */
function doubtOf(snapshot: LoggedTimes, takenMs: number | undefined): Doubt | undefined {
  if (snapshot.loggedMs === undefined) return 'not in the log';
  if (takenMs === undefined) return 'log out of order';
  const atMs = snapshot.originalLoggedMs ?? takenMs;
  const isFuture = atMs > takenMs;
  const differ = Math.abs(atMs - snapshot.timeMs) > MAX_CLOCK_DIFFERENCE_MS;
  return isFuture || differ ? 'clocks differ' : undefined;
}

/**
 * The most leaves that can be kept so that times never fall: the log's clock was wrong for the others. Patience
 * sorting: `tails[n]` ends the best row of n + 1 so far, `before` leads back through it.
 */
function longestRising<T extends LoggedTimes>(inOrder: readonly T[]): ReadonlyMap<T, number> {
  const times = levelled(inOrder.map((snapshot) => snapshot.loggedMs ?? 0));
  const tails: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [index, timeMs] of times.entries()) {
    const length = firstAbove(tails, times, timeMs);
    before[index] = length === 0 ? undefined : tails[length - 1];
    tails[length] = index;
  }
  const rising = new Map<T, number>();
  for (let at = tails.at(-1); at !== undefined; at = before[at]) {
    rising.set(must(inOrder[at], 'a leaf of the row'), must(times[at], 'its time'));
  }
  return rising;
}

/** How many tails are not later than this. */
function firstAbove(tails: readonly number[], times: readonly number[], timeMs: number): number {
  let low = 0;
  let high = tails.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[tails[middle] ?? 0] ?? 0) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A fall within the slack is none. */
function levelled(times: readonly number[]): readonly number[] {
  const level: number[] = [];
  for (const timeMs of times) {
    const last = level.at(-1) ?? timeMs;
    level.push(timeMs < last && timeMs >= last - LOG_SLACK_MS ? last : timeMs);
  }
  return level;
}
