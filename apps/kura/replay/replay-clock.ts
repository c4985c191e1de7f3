// Time as a replay has it: it stands still until the next thing happens, and then it is that moment.
import { assert, type Clock } from '@kura/base';

export class ReplayClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs - this.#startMs;
  }

  goTo(timeMs: number): void {
    assert(timeMs >= this.#nowMs, 'time does not go back');
    this.#nowMs = timeMs;
  }
}
