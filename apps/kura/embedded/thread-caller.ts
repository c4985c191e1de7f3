// Calls into a thread as promises: numbered messages there and back. A thread that dies fails every call that
// waits for it. What the thread says unasked goes to `onNews`.
import { Worker } from 'node:worker_threads';
import { KuraError } from '@kura/base';
import { received } from './sent-error.ts';
import type { FromThread } from './thread-protocol.ts';

export interface ThreadCallerOptions<News> {
  readonly program: URL;
  readonly onNews: (news: News) => void;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Batches make little garbage: a larger young generation would only be more memory in every thread. What the command
 * line says of semi-spaces (see the launcher) overrides it.
 */
const YOUNG_GENERATION_MB = 4;
const READY_CALL = 0;

export class ThreadCaller<News> {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = READY_CALL;
  #death: Error | undefined;

  constructor({ program, onNews }: ThreadCallerOptions<News>) {
    this.#worker = new Worker(program, {
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#waiting.set(READY_CALL, { resolve, reject });
    });
    this.#worker.on('message', (message: FromThread<News>) => {
      if (message.kind === 'news') onNews(message.news);
      else if (message.kind === 'failure') {
        this.#settle(message.call)?.reject(received(message.error));
      } else this.#settle(message.call)?.resolve(message.value as never);
    });
    this.#worker.on('error', (error: unknown) => this.die(asError(error)));
    this.#worker.on('exit', () => this.die(new KuraError('io', 'a thread ended early')));
  }

  call<Result>(method: string, argument?: unknown): Promise<Result> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    this.#calls++;
    const call = this.#calls;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.postMessage({ call, method, argument });
    });
  }

  /** Something that is not a call: the thread knows what it asked for. */
  tell(message: unknown): void {
    this.#worker.postMessage({ told: message });
  }

  die(error: Error): void {
    this.#death ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#death);
    this.#waiting.clear();
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners('exit');
    await this.#worker.terminate();
  }

  #settle(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
