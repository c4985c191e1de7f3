// Transactions of one program pass side by side. One that others got in the way of again and again passes alone: who
// comes meanwhile waits, so that it loses against nobody of its own program any more.
import { Turns } from '@kura/base';

export class Passage {
  readonly #alone = new Turns();
  /** Those that pass side by side now. */
  readonly #passing = new Set<Promise<unknown>>();
  /** Resolves when the last of those that pass alone is through. */
  #closed: Promise<unknown> | undefined;

  async besideOthers<Result>(work: () => Promise<Result>): Promise<Result> {
    while (this.#closed !== undefined) await this.#closed;
    const passing = work();
    this.#passing.add(passing);
    try {
      return await passing;
    } finally {
      this.#passing.delete(passing);
    }
  }

  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#alone.take(async () => {
      await Promise.allSettled(this.#passing);
      return await work();
    });
    const through = result
      .catch(() => undefined)
      .then(() => {
        if (this.#closed === through) this.#closed = undefined;
      });
    this.#closed = through;
    return result;
  }
}
