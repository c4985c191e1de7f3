// Waiting for time to pass, as an argument like the clock itself: a test moves time and sees what a
// deadline does, without waiting for it. The real timers live here; lint bans them everywhere else.
import { type Clock, systemClock } from './clock.ts';
import { KuraError } from './error.ts';

export interface AlarmClock extends Clock {
  /** Calls `action` once after `delayMs`; the answer takes it back, and may be called at any time. */
  after(delayMs: number, action: () => void): () => void;
}

/** Longer than this, a timer of the system fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemAlarmClock: AlarmClock = {
  ...systemClock,
  after: (delayMs, action) => {
    const timer = setTimeout(action, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`; throws `interrupted` as soon as `signal` says so. */
export function pause(clock: AlarmClock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      disarm();
      reject(new KuraError('interrupted', 'stopped while waiting', { cause: signal?.reason }));
    };
    const disarm = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
