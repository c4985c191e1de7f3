// Writers in threads, as a restore sees them: batches go to whoever has least to do.
import type { BatchOutcome, FileBatch, FileWriters } from '@kura/agent';
import { Turns } from '@kura/base';
import type { WriterBlueprint } from './restore-thread.ts';
import { ThreadCaller } from './thread-caller.ts';

export class ThreadWriters implements FileWriters {
  readonly concurrency: number;
  readonly #threads: {
    readonly caller: ThreadCaller<never>;
    readonly turns: Turns;
    load: number;
  }[];

  private constructor(count: number) {
    const program = new URL('./start-restore-thread.ts', import.meta.url);
    this.concurrency = 2 * count;
    this.#threads = Array.from({ length: count }, () => ({
      caller: new ThreadCaller<never>({ program, onNews: () => undefined }),
      turns: new Turns(),
      load: 0,
    }));
  }

  static async open(blueprint: WriterBlueprint, count: number): Promise<ThreadWriters> {
    const writers = new ThreadWriters(count);
    try {
      await Promise.all(writers.#threads.map(({ caller }) => caller.call('begin', blueprint)));
    } catch (error) {
      // A thread that is left over keeps the process alive.
      await writers.close();
      throw error;
    }
    return writers;
  }

  async write(batch: FileBatch): Promise<BatchOutcome> {
    const [first, ...others] = this.#threads;
    if (first === undefined) throw new RangeError('a restore without threads');
    const thread = others.reduce(
      (least, other) => (other.load < least.load ? other : least),
      first,
    );
    thread.load++;
    try {
      return await thread.turns.take(() => thread.caller.call<BatchOutcome>('write', batch));
    } finally {
      thread.load--;
    }
  }

  async close(): Promise<void> {
    for (const { caller, turns } of this.#threads) {
      await turns.take(() => caller.call('close').catch(() => undefined));
      await caller.end();
    }
  }
}
