// A bounded number of things at once: who finds none free waits a while, in order, and is then told `busy`.
import type { AlarmClock } from './alarm.ts';
import { KuraError } from './error.ts';

export interface SlotsOptions {
  /** In messages: "copies on their way in". */
  readonly noun: string;
  readonly atOnce: number;
  /** 0: nobody waits. */
  readonly waitMs: number;
  /** Longer queues only grow what is told `busy` in the end. */
  readonly waiting: number;
  readonly clock: AlarmClock;
}

interface Waiter {
  admit(): void;
}

export class Slots {
  readonly #options: SlotsOptions;
  readonly #waiters = new Set<Waiter>();
  #taken = 0;

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  /** Somebody waits: whoever holds a slot and dawdles is in their way. */
  get isWanted(): boolean {
    return this.#waiters.size > 0;
  }

  /** Runs `work` in a slot of its own; throws `busy` if none is free in time. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const giveBack = await this.take(signal);
    try {
      return await work();
    } finally {
      giveBack();
    }
  }

  /** For work that outlives a call: the answer gives the slot back, once, however often it is called. */
  async take(signal?: AbortSignal): Promise<() => void> {
    await this.#wait(signal);
    let isMine = true;
    return () => {
      if (isMine) this.#give();
      isMine = false;
    };
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const { atOnce, waitMs, waiting, noun, clock } = this.#options;
    if (this.#taken < atOnce) {
      this.#taken++;
      return;
    }
    const busy = new KuraError('busy', `there are ${atOnce} ${noun} at once already`, {
      guidance: 'Try again in a moment.',
    });
    if (waitMs === 0 || this.#waiters.size >= waiting) throw busy;
    await new Promise<void>((resolve, reject) => {
      const end = (): void => {
        this.#waiters.delete(waiter);
        disarm();
        signal?.removeEventListener('abort', stop);
      };
      const stop = (): void => {
        end();
        reject(new KuraError('interrupted', 'the caller went away while waiting'));
      };
      const waiter: Waiter = {
        admit: () => {
          end();
          resolve();
        },
      };
      const disarm = clock.after(waitMs, () => {
        end();
        reject(busy);
      });
      this.#waiters.add(waiter);
      if (signal?.aborted === true) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /** The slot goes to whoever waits longest. */
  #give(): void {
    const [next] = this.#waiters;
    if (next === undefined) this.#taken--;
    else next.admit();
  }
}
