// A limit of bytes a second, shared by everything of one process that goes in one direction: a bucket that
// holds what may pass in one second. Whoever comes first is served first, so that nobody starves.
import { type AlarmClock, assert, pause, SECOND_MS, Turns } from '@kura/base';

export class TokenBucket {
  readonly #bytesPerSecond: number;
  readonly #clock: AlarmClock;
  readonly #turns = new Turns();
  #tokens: number;
  #filledMs: number;

  /** `bytesPerSecond`: 0 for no limit. */
  constructor(bytesPerSecond: number, clock: AlarmClock) {
    assert(bytesPerSecond >= 0, 'a limit is not negative');
    this.#bytesPerSecond = bytesPerSecond;
    this.#clock = clock;
    this.#tokens = bytesPerSecond;
    this.#filledMs = clock.elapsedMs();
  }

  /** Nothing is ever held back. */
  get isUnlimited(): boolean {
    return this.#bytesPerSecond === 0;
  }

  /** Resolves when `bytes` may pass. More than the bucket holds passes in parts. */
  async take(bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.isUnlimited) return;
    await this.#turns.take(async () => {
      let rest = bytes;
      while (rest > 0) {
        const part = Math.min(rest, this.#bytesPerSecond);
        this.#fill();
        if (this.#tokens < part) {
          const missing = part - this.#tokens;
          const waitMs = Math.ceil((missing / this.#bytesPerSecond) * SECOND_MS);
          await pause(this.#clock, waitMs, signal);
          continue;
        }
        this.#tokens -= part;
        rest -= part;
      }
    });
  }

  #fill(): void {
    const nowMs = this.#clock.elapsedMs();
    const gained = ((nowMs - this.#filledMs) / SECOND_MS) * this.#bytesPerSecond;
    this.#tokens = Math.min(this.#bytesPerSecond, this.#tokens + gained);
    this.#filledMs = nowMs;
  }
}

/** Both directions of one process. */
export interface Bandwidth {
  readonly send: TokenBucket;
  readonly receive: TokenBucket;
}
