// The only memory in which a gateway holds a member's bytes: a fixed number of page-aligned buffers, each
// much smaller than a pack. Whoever finds none free waits, so memory stays flat however many packs are open.
import { assert, MIB } from '@kura/base';
import type { Native } from '@kura/native';

/** Larger means fewer, longer writes; a store with direct I/O is at full speed from here on. */
export const STAGING_BYTES = 1 * MIB;
/** Made together: as many as a large page holds. */
const BUFFERS_AT_ONCE = 2;
/** One is filled while stores still take the others. More only cost memory. */
const MAX_BUFFERS = 2 * BUFFERS_AT_ONCE;

export class StagingPool {
  readonly #allocate: Native['allocateLargePages'];
  readonly #free: Uint8Array[] = [];
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];
  #made = 0;

  constructor({ allocateLargePages }: Pick<Native, 'allocateLargePages'>) {
    this.#allocate = allocateLargePages;
  }

  async take(): Promise<Uint8Array> {
    if (this.#free.length === 0 && this.#made < MAX_BUFFERS) this.#make();
    const free = this.#free.pop();
    if (free !== undefined) return free;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #make(): void {
    const pages = this.#allocate(BUFFERS_AT_ONCE * STAGING_BYTES);
    for (let at = 0; at < pages.length; at += STAGING_BYTES) {
      this.#free.push(pages.subarray(at, at + STAGING_BYTES));
    }
    this.#made += BUFFERS_AT_ONCE;
  }

  give(buffer: Uint8Array): void {
    assert(buffer.length === STAGING_BYTES, 'not a buffer of this pool');
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }
}
