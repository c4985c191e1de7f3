// The life of a program: start, serve, reload on one signal, end well on another, end at once on a second, and
// never go on after an error that nobody expected.
import { type AlarmClock, asKuraError, KuraError, SECOND_MS } from '@kura/base';
import type { PlainService } from '@kura/wire/server/plain.ts';
import { openHealth } from '../health.ts';
import { type Log, redact } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { watchLoop } from './loop-delay.ts';
import type { Program } from './program.ts';

/** What the process tells a program. */
export interface Signals {
  /** Each call of `listener` is one signal; the answer stops listening. */
  on(what: 'stop' | 'reload' | 'unexpected', listener: (error?: unknown) => void): () => void;
}

export interface Life {
  readonly signals: Signals;
  readonly log: Log;
  readonly metrics: Metrics;
  /** "127.0.0.1:9443" of the health pages; undefined: none, and nothing listens for them. */
  readonly healthAddress: string | undefined;
  readonly clock: AlarmClock;
  /** Called when everything has begun, with the address of the health pages. */
  readonly onReady?: (healthAddress: string | undefined) => void;
}

/** Requests under way get this long when a program is asked to end. */
export const GRACE_MS = 30 * SECOND_MS;

class Running {
  readonly #program: Program;
  readonly #life: Life;
  #isReady = false;
  #health: PlainService | undefined;
  #stopWatching: (() => void) | undefined;

  constructor(program: Program, life: Life) {
    this.#program = program;
    this.#life = life;
  }

  async run(): Promise<void> {
    const { log, metrics, healthAddress, clock, onReady } = this.#life;
    const ended = this.#untilTold();
    try {
      if (healthAddress !== undefined) this.#health = await this.#openHealth(healthAddress);
      this.#stopWatching = watchLoop(metrics, clock);
      // A signal that comes while it starts ends it as well.
      await Promise.race([this.#program.start(), ended.promise]);
      if (!ended.isOver()) {
        this.#isReady = true;
        log.event('info', 'ready', { address: this.#health?.address });
        onReady?.(this.#health?.address);
      }
      await ended.promise;
    } finally {
      this.#isReady = false;
      ended.dispose();
      await this.#stop();
    }
  }

  #openHealth(address: string): Promise<PlainService> {
    return openHealth({
      address,
      metrics: this.#life.metrics,
      ready: () => (this.#isReady ? this.#program.ready() : ['starting, or about to end']),
    });
  }

  /** Resolves at the first signal to stop; rejects with an error that nobody expected. */
  #untilTold() {
    const { signals, log } = this.#life;
    let isOver = false;
    let tell: { resolve: () => void; reject: (error: unknown) => void };
    const promise = new Promise<void>((resolve, reject) => {
      tell = { resolve, reject };
    });
    promise.catch(() => undefined); // awaited in `run`; may come before that
    const over = (end: () => void): void => {
      isOver = true;
      end();
    };
    const listening = [
      signals.on('stop', () => over(() => tell.resolve())),
      signals.on('unexpected', (error) => over(() => tell.reject(error))),
      signals.on('reload', () => void this.#reload(log)),
    ];
    const dispose = (): void => {
      for (const stop of listening) stop();
    };
    return { promise, isOver: () => isOver, dispose };
  }

  async #reload(log: Log): Promise<void> {
    try {
      await this.#program.reload();
      log.event('info', 'reloaded');
    } catch (error) {
      // It goes on with what it had.
      log.event('error', 'reload failed', { why: sentenceOf(error) });
    }
  }

  /** A second signal, or the end of the grace, ends the wait. */
  async #stop(): Promise<void> {
    const { signals, clock, log } = this.#life;
    let isEnough: () => void = () => undefined;
    const enough = new Promise<void>((resolve) => {
      isEnough = resolve;
    });
    const stopListening = signals.on('stop', isEnough);
    const disarm = clock.after(GRACE_MS + SECOND_MS, isEnough);
    try {
      await Promise.race([this.#program.stop(GRACE_MS), enough]);
    } finally {
      disarm();
      stopListening();
      this.#stopWatching?.();
      this.#health?.close();
      log.event('info', 'ended');
    }
  }
}

function sentenceOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}

/** Resolves when the program has ended as asked; throws what ended it otherwise, which is in the log then. */
export async function runProgram(program: Program, life: Life): Promise<void> {
  try {
    await new Running(program, life).run();
  } catch (error) {
    const known = error instanceof KuraError ? error : asKuraError(error, 'the program failed');
    life.log.event('error', 'failed', {
      code: known.code,
      why: sentenceOf(error),
      guidance: known.guidance,
    });
    throw error;
  }
}
