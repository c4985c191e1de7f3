// Watches that something moves: whoever waits for bytes names a least number of them per span, and is told when
// less came. Time in which nothing is waited for does not count.
import type { AlarmClock } from '@kura/base';

export interface PaceLimits {
  readonly paceMs: number;
  readonly paceBytes: number;
}

export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: AlarmClock;
  readonly #onStall: () => void;
  #moved = 0;
  #disarm: (() => void) | undefined;

  constructor(limits: PaceLimits, clock: AlarmClock, onStall: () => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#onStall = onStall;
  }

  /** From now on bytes are waited for. */
  wait(): void {
    this.#disarm ??= this.#clock.after(this.#limits.paceMs, () => this.#look());
  }

  moved(bytes: number): void {
    this.#moved += bytes;
  }

  rest(): void {
    this.#disarm?.();
    this.#disarm = undefined;
    this.#moved = 0;
  }

  #look(): void {
    this.#disarm = undefined;
    const isStalled = this.#moved < this.#limits.paceBytes;
    this.#moved = 0;
    if (isStalled) this.#onStall();
    else this.wait();
  }
}
