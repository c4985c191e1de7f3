// How far a look may be ahead of the walk: bytes that are seen and not used yet, counted in memory that both threads
// share. Whoever looks waits when it is full; the walk never does.
import { assert } from '@kura/base';

/** Some 80,000 entries. It is memory while the first files are being read, and grows with no tree. */
export const WINDOW_BYTES = 8 * 1024 * 1024;

const HELD = 0;

export class AheadWindow {
  readonly memory: SharedArrayBuffer;
  readonly #count: Int32Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#count = new Int32Array(memory);
  }

  get heldBytes(): number {
    return Atomics.load(this.#count, HELD);
  }

  /** Waits for room. What is larger than the window goes alone: the names of one folder are never parted. */
  add(bytes: number): void {
    for (
      let held = this.heldBytes;
      held > 0 && held + bytes > WINDOW_BYTES;
      held = this.heldBytes
    ) {
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
