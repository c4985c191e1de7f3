// Something that a program does again and again, one at a time, as long as it lives. A failure is logged and does
// not end it: what is needed for it may be back the next time.
import { type AlarmClock, KuraError } from '@kura/base';
import type { Log } from '@kura/daemon';

export interface PeriodicWork {
  /** For the log: "presence". */
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
}

interface Around {
  readonly log: Log;
  readonly clock: AlarmClock;
}

export type PeriodicOptions = PeriodicWork & Around;

/** All that one program does so. */
export class Periodics {
  readonly #all: readonly Periodic[];

  constructor(all: readonly PeriodicWork[], { log, clock }: Around) {
    this.#all = all.map((work) => new Periodic({ ...work, log, clock }));
  }

  /** One after the other, each for the first time. Throws what the first one throws that is not `busy`. */
  async start(): Promise<void> {
    for (const periodic of this.#all) await periodic.start();
  }

  /** Resolves when nothing of it is under way. */
  async stop(): Promise<void> {
    for (const periodic of this.#all) await periodic.stop();
  }
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
