// Something that a program does again and again, one at a time, as long as it lives. A failure is logged and does
// not end it: what is needed for it may be back the next time.
import { type AlarmClock, KuraError } from '@kura/base';
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

  /** The first time now. Throws what it throws, but `busy`: others are at it, and it has its turn later. */
  async start(): Promise<void> {
    try {
      await this.#options.work();
    } catch (error) {
      if (!(error instanceof KuraError) || error.code !== 'busy') throw error;
      this.#tell(error);
    }
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
    try {
      await this.#options.work();
    } catch (error) {
      this.#tell(error);
    }
    this.#later();
  }

  #tell(error: unknown): void {
    const { log, name } = this.#options;
    const why = error instanceof Error ? error.message : String(error);
    log.event('warning', `${name} failed`, { why });
  }
}
