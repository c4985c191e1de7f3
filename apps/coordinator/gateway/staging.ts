// The only memory in which a gateway holds a member's bytes: a fixed number of page-aligned buffers, each
// much smaller than a pack. Whoever finds none free waits, so memory stays flat however many packs are open.
import { assert, MIB } from '@kura/base';
import { allocatePages } from '@kura/native';

/** Larger means fewer, longer writes; a store with direct I/O is at full speed from here on. */
export const STAGING_BYTES = 1 * MIB;
/** One is filled while stores still take the others. More only cost memory. */
const MAX_BUFFERS = 3;

export class StagingPool {
  readonly #free: Uint8Array[] = [];
  readonly #waiting: ((buffer: Uint8Array) => void)[] = [];
  #made = 0;

  async take(): Promise<Uint8Array> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made < MAX_BUFFERS) {
      this.#made++;
      return allocatePages(STAGING_BYTES);
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  give(buffer: Uint8Array): void {
    assert(buffer.length === STAGING_BYTES, 'not a buffer of this pool');
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(buffer);
    else next(buffer);
  }
}
