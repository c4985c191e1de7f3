// The memory of comparisons: pages are dear to make, so each serves one comparison after the other, and there are no
// more of them than may be under way at once.
import { MIB } from '@kura/base';
import { allocatePages } from '@kura/native';

/** More means fewer, larger calls; this much for each copy of a pack that is fetched. */
export const WINDOW_BYTES = 4 * MIB;
/** Each has a lead of its own: as many lines are in use. */
const AT_ONCE = 3;

/** Of one comparison. */
export class CompareMemory {
  readonly #windows: Uint8Array[] = [];

  take(index: number): Uint8Array {
    this.#windows[index] ??= allocatePages(WINDOW_BYTES);
    return this.#windows[index];
  }
}

export class CompareRooms {
  readonly #free = Array.from({ length: AT_ONCE }, () => new CompareMemory());
  readonly #waiting: ((memory: CompareMemory) => void)[] = [];

  /** As soon as one is free. */
  async run<T>(work: (memory: CompareMemory) => Promise<T>): Promise<T> {
    const memory = await this.#take();
    try {
      return await work(memory);
    } finally {
      this.#give(memory);
    }
  }

  #take(): Promise<CompareMemory> {
    const free = this.#free.pop();
    if (free !== undefined) return Promise.resolve(free);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #give(memory: CompareMemory): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(memory);
    else next(memory);
  }
}
