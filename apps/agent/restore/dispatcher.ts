// Hands batches to the writers, as many at once as they take, and remembers the first failure: after it
// nothing new is started, and `drain` waits for what is under way, so that nobody writes into a staging
// folder that is being removed.
import type { BatchOutcome, FileBatch } from './file-batch.ts';
import type { FileWriters } from './ports.ts';

export class Dispatcher {
  readonly #writers: FileWriters;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(writers: FileWriters) {
    this.#writers = writers;
  }

  /** Resolves when the batch has begun. */
  async submit(batch: FileBatch, whenDone: (outcome: BatchOutcome) => void): Promise<void> {
    while (this.#underWay.size >= this.#writers.concurrency) await Promise.race(this.#underWay);
    this.#throwFailure();
    const run = this.#run(batch, whenDone).finally(() => this.#underWay.delete(run));
    this.#underWay.add(run);
  }

  /** Resolves when everything has ended; throws the first failure. */
  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#throwFailure();
  }

  async #run(batch: FileBatch, whenDone: (outcome: BatchOutcome) => void): Promise<void> {
    try {
      whenDone(await this.#writers.write(batch));
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
