// What happened in one seed, in words for people and as one number for machines: two runs of a seed that end
// with the same number did the same calls in the same order on the same names.

import { createHash } from 'node:crypto';

/** Notes that are hashed at once: one by one they would cost more than what they tell of. */
const MAX_WAITING = 1024;
const HASH_DIGITS = 16;

export class EventLog {
  /** One line per step of the schedule. */
  readonly lines: string[] = [];
  /** Calls that were noted. */
  count = 0;
  readonly #hash = createHash('sha256');
  #waiting: string[] = [];

  /** A call that a process made: only its hash is kept. */
  note(call: string, name: string): void {
    this.count++;
    if (this.#waiting.push(call, name) >= MAX_WAITING) this.#flush();
  }

  /** A step of the schedule, or what came of it: kept, and hashed as well. */
  say(line: string): void {
    this.lines.push(line);
    this.note('say', line);
  }

  /** Of all that was noted so far: the first 64 bits of SHA-256. */
  get hash(): string {
    this.#flush();
    return this.#hash.copy().digest('hex').slice(0, HASH_DIGITS);
  }

  #flush(): void {
    this.#hash.update(`${this.#waiting.join('\n')}\n`);
    this.#waiting = [];
  }
}
