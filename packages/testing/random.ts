// Chance that can be replayed: the same seed gives the same run, on every machine. Not for keys.
import { assert, type Random } from '@kura/base';

const TWO_32 = 2 ** 32;
const WARM_UP = 16;

/** sfc32, seeded by a number; every simulation and every random test draws from one of these. */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number) {
    assert(Number.isSafeInteger(seed) && seed >= 0, 'a seed is a whole number');
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / TWO_32) >>> 0;
    this.#c = 0x6b757261;
    for (let round = 0; round < WARM_UP; round++) this.next();
  }

  /** 32 bits. */
  next(): number {
    const out = (this.#a + this.#b + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + out;
    return out >>> 0;
  }

  bytes(count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let at = 0; at < count; at += 4) {
      const word = this.next();
      for (let byte = 0; byte < 4 && at + byte < count; byte++)
        out[at + byte] = word >>> (8 * byte);
    }
    return out;
  }

  below(limit: number): number {
    assert(Number.isInteger(limit) && limit > 0 && limit <= TWO_32, 'a limit from 1 to 2^32');
    return Math.floor((this.next() / TWO_32) * limit);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability * TWO_32;
  }

  pick<T>(from: readonly T[]): T {
    const index = this.below(from.length);
    return from[index] as T;
  }

  /** An independent stream, the same for the same draw. */
  fork(): SeededRandom {
    return new SeededRandom(this.next() + (this.next() >>> 11) * TWO_32);
  }
}
