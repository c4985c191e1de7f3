// Something that a program does again and again, one at a time, as long as it lives. A failure is logged and does
// not end it: what is needed for it may be back the next time.
import type { AlarmClock } from '@kura/base';
import type { Log } from '@kura/daemon';

export interface PeriodicOptions {
  /** For the log: "presence". */
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
  readonly log: Log;
  readonly clock: AlarmClock;
}

export class Periodic {
  readonly #options: PeriodicOptions;
  #disarm: () => void = () => undefined;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: PeriodicOptions) {
    this.#options = options;
  }

  /** The first time now; throws what it throws. */
  async start(): Promise<void> {
    await this.#options.work();
    this.#later();
  }

  /** Resolves when nothing of it is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#disarm();
    await this.#running;
  }

  #later(): void {
    if (this.#isStopped) return;
    const { clock, everyMs } = this.#options;
    this.#disarm = clock.after(everyMs, () => {
      this.#running = this.#again();
    });
  }

  async #again(): Promise<void> {
    const { work, log, name } = this.#options;
    try {
      await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      log.event('warning', `${name} failed`, { why });
    }
    this.#later();
  }
}
