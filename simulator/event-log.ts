// What happened in one seed, in words for people and as one number for machines: two runs of a seed that end
// with the same number did the same calls in the same order on the same names.

const FNV_PRIME = 0x01000193;
const FNV_START = 0x811c9dc5;

export class EventLog {
  /** One line per step of the schedule. */
  readonly lines: string[] = [];
  /** Calls that were noted. */
  count = 0;
  #low = FNV_START;
  #high = FNV_START ^ 0x5bd1e995;

  /** A call that a process made: only its hash is kept. */
  note(call: string, name: string): void {
    this.count++;
    this.#mix(call);
    this.#mix(name);
  }

  /** A step of the schedule, or what came of it: kept, and hashed as well. */
  say(line: string): void {
    this.lines.push(line);
    this.note('say', line);
  }

  get hash(): string {
    const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return word(this.#high) + word(this.#low);
  }

  #mix(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      this.#low = Math.imul(this.#low ^ code, FNV_PRIME);
      this.#high = Math.imul(this.#high ^ (code + at), FNV_PRIME) ^ (this.#low >>> 13);
    }
    this.#low = Math.imul(this.#low ^ 0xff, FNV_PRIME);
  }
}
