// Work under something that has to be renewed while it lasts, and given back if it fails.
import type { AlarmClock } from '@kura/base';

export interface Leased {
  readonly everyMs: number;
  /** May fail: whoever ends the work finds out by the row itself. */
  readonly renew: () => Promise<unknown>;
  /** The work has failed. */
  readonly giveBack: () => Promise<unknown>;
  readonly clock: AlarmClock;
}

export async function underLease<T>(
  { everyMs, renew, giveBack, clock }: Leased,
  work: () => Promise<T>,
): Promise<T> {
  let isOver = false;
  let disarm: () => void = () => undefined;
  const later = (): void => {
    // A renewal may end after the work has: then there is nothing left to renew.
    if (isOver) return;
    disarm = clock.after(everyMs, () => {
      renew()
        .catch(() => undefined)
        .finally(later);
    });
  };
  later();
  try {
    return await work();
  } catch (error) {
    await giveBack().catch(() => undefined);
    throw error;
  } finally {
    isOver = true;
    disarm();
  }
}
