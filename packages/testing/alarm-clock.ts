// Alarms that ring when a test moves time, in the order in which they are due.
import type { AlarmClock } from '@kura/base';
import { ManualClock } from './clock.ts';

interface Alarm {
  readonly dueMs: number;
  readonly delayMs: number;
  readonly action: () => void;
}

export class ManualAlarmClock extends ManualClock implements AlarmClock {
  readonly #alarms = new Set<Alarm>();
  readonly #waiting = new Set<() => void>();

  after(delayMs: number, action: () => void): () => void {
    const alarm = { dueMs: this.elapsedMs() + delayMs, delayMs, action };
    this.#alarms.add(alarm);
    for (const look of [...this.#waiting]) look();
    return () => this.#alarms.delete(alarm);
  }

  /** Alarms that are set now for `delayMs`, or all. */
  armed(delayMs?: number): number {
    return [...this.#alarms].filter((one) => delayMs === undefined || one.delayMs === delayMs)
      .length;
  }

  /** Milliseconds until the next alarm that was not set for one of `delaysMs`; Infinity if there is none. */
  nextMs({ except: delaysMs }: { readonly except: readonly number[] }): number {
    const others = [...this.#alarms].filter(({ delayMs }) => !delaysMs.includes(delayMs));
    return Math.max(0, Math.min(...others.map(({ dueMs }) => dueMs - this.elapsedMs())));
  }

  /** Resolves once at least `count` alarms for `delayMs` are set: what a test waits for, instead of a while. */
  whenArmed(delayMs: number, count = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.armed(delayMs) < count) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Rings whatever becomes due on the way, also what is set on the way. */
  override advance(durationMs: number): void {
    const endMs = this.elapsedMs() + durationMs;
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#alarms.delete(next);
      super.advance(Math.max(0, next.dueMs - this.elapsedMs()));
      next.action();
    }
    super.advance(endMs - this.elapsedMs());
  }

  #next(endMs: number): Alarm | undefined {
    return [...this.#alarms]
      .filter(({ dueMs }) => dueMs <= endMs)
      .sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}
