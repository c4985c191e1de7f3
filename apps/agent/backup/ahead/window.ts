// How far a look may be ahead of the walk: bytes that were seen and are not used yet, counted in memory that both
// threads share. Whoever looks waits when it is full; the walk never does.
import { assert } from '@kura/base';

/** Some 110,000 entries. Memory while the first files are read; more would be no faster. */
const WINDOW_BYTES = 8 * 1024 * 1024;
/** Some 1,700 entries. Smaller batches cost more messages, larger ones come later. */
const BATCH_BYTES = 128 * 1024;
/** Some 50 entries: when the walk has used all that it got, few at once are worth more than many later. */
const SMALL_BATCH_BYTES = 4 * 1024;

const HELD = 0;

export class AheadWindow {
  readonly memory: SharedArrayBuffer;
  readonly #count: Int32Array;

  /** `memory`: of the window in the other thread. */
  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#count = new Int32Array(memory);
  }

  get heldBytes(): number {
    return Atomics.load(this.#count, HELD);
  }

  isDue(bytes: number): boolean {
    return bytes >= BATCH_BYTES || (bytes >= SMALL_BATCH_BYTES && this.heldBytes === 0);
  }

  /** Waits for room. What is larger than the window goes alone: the names of one folder are never parted. */
  add(bytes: number): void {
    for (;;) {
      const held = this.heldBytes;
      if (held === 0 || held + bytes <= WINDOW_BYTES) break;
      Atomics.wait(this.#count, HELD, held);
    }
    Atomics.add(this.#count, HELD, bytes);
  }

  used(bytes: number): void {
    const before = Atomics.sub(this.#count, HELD, bytes);
    assert(before >= bytes, 'more was used than was seen');
    Atomics.notify(this.#count, HELD);
  }
}
