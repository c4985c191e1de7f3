// Hands work to the lines: small files in batches, large files share by share, to whoever has least to do.
// The queue is bounded: the walk waits when it is far enough ahead.
import type { ByteString } from '@kura/base';
import type { FilesDone, FileTask, Line, ShareDone } from '../line/tasks.ts';

export interface QueuedFile extends FileTask {
  readonly sizeBytes: number;
  readonly finish: (done: FileOutcome) => void;
}

export interface FileOutcome {
  /** The encoded entry; undefined if the file could not be saved. */
  readonly bytes: Uint8Array | undefined;
  readonly problem: { readonly code: string; readonly why: string } | undefined;
}

export interface DispatcherOptions {
  readonly lines: readonly Line[];
  /** After every task: work done so far, for progress, table growth and leases. */
  readonly onWork: (done: Pick<FilesDone, 'work' | 'bytesRead'>) => Promise<void> | void;
}

interface QueuedTask {
  readonly fileCount: number;
  readonly plainBytes: number;
  run(line: Line, remainingBytes: number): Promise<void>;
}

/** More files per batch would make the last batches lopsided; fewer would make messages dominate. */
const BATCH_FILES = 128;
const BATCH_BYTES = 8 * 1024 * 1024;
/** One to work on and one to go on with. */
const TASKS_PER_LINE = 2;
/** How far the walk may run ahead: far enough to know early how much remains, few enough to be small. */
const MAX_AHEAD_FILES = 4096;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #inFlight: number[];
  #queue: QueuedTask[] = [];
  #batch: QueuedFile[] = [];
  #batchBytes = 0;
  #aheadFiles = 0;
  #aheadBytes = 0;
  #isWalkDone = false;
  #failure: unknown;
  #waiters: (() => void)[] = [];

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#inFlight = options.lines.map(() => 0);
  }

  /** A promise only if the walk should wait. */
  file(file: QueuedFile): Promise<void> | undefined {
    this.#throwFailure();
    this.#batch.push(file);
    this.#batchBytes += file.sizeBytes;
    if (this.#batch.length >= BATCH_FILES || this.#batchBytes >= BATCH_BYTES) this.#closeBatch();
    return this.#aheadFiles > MAX_AHEAD_FILES ? this.#until(() => this.#hasRoom()) : undefined;
  }

  /** One share of a large file; rejects with what the line threw. */
  share(path: ByteString, share: number, sizeBytes: number): Promise<ShareDone> {
    this.#throwFailure();
    return new Promise((resolve, reject) => {
      this.#enqueue({
        fileCount: 0,
        plainBytes: sizeBytes,
        run: async (line, remainingBytes) => {
          try {
            const done = await line.share({ path, share, remainingBytes });
            await this.#options.onWork(done);
            resolve(done);
          } catch (error) {
            reject(error);
          }
        },
      });
    });
  }

  /** Something outside went wrong for good: nothing more is begun, and whoever waits is told. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  walkDone(): void {
    this.#isWalkDone = true;
    this.#closeBatch();
  }

  /** Resolves when nothing is queued or running; throws what went wrong. */
  async drain(): Promise<void> {
    this.#closeBatch();
    await this.#until(() => this.#isIdle());
    this.#throwFailure();
  }

  #closeBatch(): void {
    if (this.#batch.length === 0) return;
    const files = this.#batch;
    const plainBytes = this.#batchBytes;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#enqueue({
      fileCount: files.length,
      plainBytes,
      run: async (line, remainingBytes) => {
        const tasks = files.map(({ path, name }) => ({ path, name }));
        const done = await line.files({ files: tasks, remainingBytes });
        await this.#options.onWork(done);
        deliver(files, done);
      },
    });
  }

  #enqueue(task: QueuedTask): void {
    this.#aheadFiles += task.fileCount;
    this.#aheadBytes += task.plainBytes;
    this.#queue.push(task);
    this.#pump();
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#failure === undefined) {
      const index = this.#inFlight.indexOf(Math.min(...this.#inFlight));
      const line = this.#options.lines[index];
      if (line === undefined || (this.#inFlight[index] ?? 0) >= TASKS_PER_LINE) return;
      const task = this.#queue.shift();
      if (task !== undefined) this.#start(task, line, index);
    }
  }

  #start(task: QueuedTask, line: Line, index: number): void {
    this.#inFlight[index] = (this.#inFlight[index] ?? 0) + 1;
    this.#aheadFiles -= task.fileCount;
    this.#aheadBytes -= task.plainBytes;
    const remaining = this.#isWalkDone ? this.#aheadBytes : Number.POSITIVE_INFINITY;
    const settle = (): void => {
      this.#inFlight[index] = (this.#inFlight[index] ?? 0) - 1;
      this.#pump();
      this.#wake();
    };
    task.run(line, remaining).then(settle, (error: unknown) => {
      this.fail(error);
      settle();
    });
  }

  #hasRoom(): boolean {
    return this.#aheadFiles <= MAX_AHEAD_FILES / 2 || this.#failure !== undefined;
  }

  #isIdle(): boolean {
    const isQuiet = this.#inFlight.every((count) => count === 0);
    return isQuiet && (this.#queue.length === 0 || this.#failure !== undefined);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
    this.#throwFailure();
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function deliver(files: readonly QueuedFile[], done: FilesDone): void {
  const problems = new Map(done.problems);
  let start = 0;
  files.forEach((file, index) => {
    const end = done.ends[index] ?? start;
    const bytes = end > start ? done.entries.subarray(start, end) : undefined;
    start = end;
    file.finish({ bytes, problem: problems.get(index) });
  });
}
