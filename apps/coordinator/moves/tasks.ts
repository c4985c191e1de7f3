// What is under way beside whoever started it: it can be waited for, in full or up to what only time can end.
export class Tasks {
  readonly #running = new Set<Task>();
  #failure: unknown;

  /** `work` gets a way to say that a part of it only waits for the world. */
  start(work: (waiting: <T>(part: Promise<T>) => Promise<T>) => Promise<void>): void {
    const task = new Task();
    this.#running.add(task);
    const run = async (): Promise<void> => {
      try {
        await work((part) => task.waitFor(part));
      } catch (error) {
        this.#failure ??= error;
      } finally {
        this.#running.delete(task);
        task.end();
      }
    };
    void run();
  }

  get count(): number {
    return this.#running.size;
  }

  /** Throws what went wrong in one of them since the last time. */
  rethrow(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Resolves when all are done, or wait for the world. */
  async settled(): Promise<void> {
    for (;;) {
      const busy = [...this.#running].filter((task) => !task.isWaiting);
      if (busy.length === 0) return;
      await Promise.race(busy.map((task) => task.changed));
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.race([...this.#running].map((task) => task.changed));
    }
  }
}

class Task {
  isWaiting = false;
  #change = Promise.withResolvers<void>();

  get changed(): Promise<void> {
    return this.#change.promise;
  }

  async waitFor<T>(part: Promise<T>): Promise<T> {
    this.#set(true);
    try {
      return await part;
    } finally {
      this.#set(false);
    }
  }

  end(): void {
    this.#change.resolve();
  }

  #set(isWaiting: boolean): void {
    this.isWaiting = isWaiting;
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
