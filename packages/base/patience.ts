// How long somebody may take who holds what others wait for. While nobody waits, as long as the protocol allows:
// a slow line is no fault. Once others do, whoever drips bytes would keep them out for as long as they liked.
import type { AlarmClock } from './alarm.ts';
import { KIB, MINUTE_MS, SECOND_MS } from './units.ts';

/** For the beginning of a transfer, whatever its length. Shorter: a line that stalls for a moment begins anew. */
const GRACE_MS = MINUTE_MS;
/** Less, and 16 MiB are on their way for hours; more, and few lines do several transfers at once. */
const LEAST_BYTES_PER_S = 64 * KIB;
/** After its time: whether somebody waits by now. */
const LOOK_MS = 10 * SECOND_MS;

export interface Transfer {
  readonly sizeBytes: number;
  /** Somebody else could go on with what this transfer holds. */
  readonly isWanted: () => boolean;
  readonly clock: AlarmClock;
}

/** Calls `onLate` once, when the transfer has had its time and is wanted. The answer ends the watch. */
export function watchTransfer(
  { sizeBytes, isWanted, clock }: Transfer,
  onLate: () => void,
): () => void {
  const look = (): void => {
    if (isWanted()) onLate();
    else disarm = clock.after(LOOK_MS, look);
  };
  let disarm = clock.after(GRACE_MS + (sizeBytes / LEAST_BYTES_PER_S) * SECOND_MS, look);
  return () => disarm();
}
