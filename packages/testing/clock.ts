// Time that stands still until a test moves it.
import { assert, type Clock } from '@kura/base';

/**
 * 2026-01-01T00:00:00Z: some time after every certificate and before every expiry that a test
 * makes.
 */
const DEFAULT_START_MS = 1_767_225_600_000;

export class ManualClock implements Clock {
  #wallMs: number;
  #elapsedMs = 0;

  constructor(startMs = DEFAULT_START_MS) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  elapsedMs(): number {
    return this.#elapsedMs;
  }

  advance(durationMs: number): void {
    assert(durationMs >= 0, 'time that passes is not negative');
    this.#wallMs += durationMs;
    this.#elapsedMs += durationMs;
  }

  /** Somebody sets the clock, forwards or back; time that has passed stays as it is. */
  set(wallMs: number): void {
    this.#wallMs = wallMs;
  }
}
