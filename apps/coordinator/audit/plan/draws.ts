// Uniform numbers that follow from a key: AES-256 in counter mode, 48 bits a draw, and what would favour small
// numbers is drawn again. The same key gives the same numbers for ever, so that anyone who has it can draw again.
import { type Cipheriv, createCipheriv } from 'node:crypto';
import { assert } from '@kura/base';

const DRAW_BYTES = 6;
const RANGE = 2 ** (8 * DRAW_BYTES);
const BLOCK_BYTES = 600 * DRAW_BYTES;
const ZEROS = new Uint8Array(BLOCK_BYTES);
const IV = new Uint8Array(16);

export class Draws {
  readonly #cipher: Cipheriv;
  #block = Buffer.alloc(0);
  #at = 0;

  /** `key`: 32 bytes, used for nothing else. */
  constructor(key: Uint8Array) {
    this.#cipher = createCipheriv('aes-256-ctr', key, IV);
  }

  /** 0 to `count` − 1. */
  below(count: number): number {
    assert(Number.isInteger(count) && count > 0 && count <= RANGE, 'a draw needs a range');
    const end = RANGE - (RANGE % count);
    for (;;) {
      const value = this.#next();
      if (value < end) return value % count;
    }
  }

  #next(): number {
    if (this.#at === this.#block.length) {
      this.#block = this.#cipher.update(ZEROS);
      this.#at = 0;
    }
    const value = this.#block.readUIntLE(this.#at, DRAW_BYTES);
    this.#at += DRAW_BYTES;
    return value;
  }
}

/**
 * `wanted` different numbers below `count`, in the order in which they were drawn; all of them if there are
 * fewer.
 */
export function drawDistinct(draws: Draws, wanted: number, count: number): number[] {
  if (count <= wanted) return shuffled(draws, count);
  const drawn = new Set<number>();
  while (drawn.size < wanted) drawn.add(draws.below(count));
  return [...drawn];
}

/** 0 to `count` − 1, each once, every order equally likely (Fisher and Yates). */
export function shuffled(draws: Draws, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = draws.below(last + 1);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
