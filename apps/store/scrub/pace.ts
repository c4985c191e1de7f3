// How long a store waits between two checks of its own: so that a round is over in time, whatever its size and
// however long it was away, and so that reading leaves the medium to those who wait for it.
import { DAY_MS, HOUR_MS, SECOND_MS } from '@kura/base';

/** Every byte is read within this. */
export const ROUND_MS = 14 * DAY_MS;
/** What a round is planned for; the rest is for a store that is away for a day or two. */
export const PLANNED_ROUND_MS = 12 * DAY_MS;
/** A store with few copies checks one of them every hour, not one in days. */
const LONGEST_PAUSE_MS = HOUR_MS;

export interface Pacing {
  readonly nowMs: number;
  /** When the round began. */
  readonly roundMs: number;
  /** Copies that the round has not come to. */
  readonly copiesLeft: number;
  /** Of the copy that was read last. */
  readonly bytes: number;
  /** 0: as fast as it goes. */
  readonly bytesPerSecond: number;
}

/** Before the next copy. Who is late reads as fast as the limit allows, and no faster. */
export function pauseBefore(pacing: Pacing): number {
  const { nowMs, roundMs, copiesLeft, bytes, bytesPerSecond } = pacing;
  const restMs = Math.max(0, roundMs + PLANNED_ROUND_MS - nowMs);
  const planned = Math.min(LONGEST_PAUSE_MS, restMs / Math.max(1, copiesLeft));
  const least = bytesPerSecond === 0 ? 0 : (bytes / bytesPerSecond) * SECOND_MS;
  return Math.ceil(Math.max(planned, least));
}
