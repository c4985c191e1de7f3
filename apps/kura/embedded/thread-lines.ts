// Lines in threads, as the planner sees them: each call becomes a message. A thread that dies fails every call
// that waits for it.
import { Worker } from 'node:worker_threads';
import type { Line, LineFactory, LineSetup } from '@kura/agent';
import { KuraError } from '@kura/base';
import type { LineBlueprint } from './line.ts';
import { received } from './sent-error.ts';
import type { FromLine, LineMethod } from './thread-protocol.ts';

export type Blueprint = Omit<LineBlueprint, 'table' | 'markedPacks'>;

export class ThreadLines implements LineFactory {
  readonly #blueprint: Blueprint;
  readonly #count: number;
  #threads: LineThread[] = [];

  constructor(blueprint: Blueprint, count: number) {
    this.#blueprint = blueprint;
    this.#count = count;
  }

  async open(setup: LineSetup): Promise<readonly Line[]> {
    const data: LineBlueprint = {
      ...this.#blueprint,
      table: setup.table.memory,
      markedPacks: setup.markedPacks,
    };
    for (let index = 0; index < this.#count; index++) {
      this.#threads.push(new LineThread(data, setup));
    }
    await Promise.all(this.#threads.map((thread) => thread.ready));
    return this.#threads.map((thread) => thread.line);
  }

  async close(): Promise<void> {
    const threads = this.#threads;
    this.#threads = [];
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

class LineThread {
  readonly line: Line;
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #setup: LineSetup;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;
  #death: Error | undefined;

  constructor(data: LineBlueprint, setup: LineSetup) {
    this.#setup = setup;
    this.#worker = new Worker(new URL('./line-thread.ts', import.meta.url), {
      workerData: data,
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    });
    this.ready = new Promise((resolve, reject) => {
      this.#waiting.set(0, { resolve: resolve as () => void, reject });
    });
    this.#worker.on('message', (message: FromLine) => this.#receive(message));
    this.#worker.on('error', (error: unknown) => this.#die(asError(error)));
    this.#worker.on('exit', () => this.#die(new KuraError('io', 'a line of work ended early')));
    this.line = {
      files: (task) => this.#call('files', task),
      share: (task) => this.#call('share', task),
      pack: (frame) => this.#call('pack', frame),
      adopt: (segment) => this.#call('adopt', segment),
      finishData: () => this.#call('finishData', undefined),
      planFolderPack: (moreBytes) => this.#call('planFolderPack', moreBytes),
      finishFolders: () => this.#call('finishFolders', undefined),
      abort: () => this.#call('abort', undefined).then(ignore, ignore),
    };
  }

  async end(): Promise<void> {
    this.#worker.removeAllListeners('exit');
    await this.#worker.terminate();
  }

  #call<Result>(method: LineMethod, argument: unknown): Promise<Result> {
    if (this.#death !== undefined) return Promise.reject(this.#death);
    this.#calls++;
    const call = this.#calls;
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.set(call, { resolve: resolve as Waiting['resolve'], reject });
      this.#worker.postMessage({ call, method, argument });
    });
  }

  #receive(message: FromLine): void {
    switch (message.kind) {
      case 'ready':
        this.#settle(0)?.resolve(undefined as never);
        return;
      case 'answer':
        this.#settle(message.call)?.resolve(message.value as never);
        return;
      case 'failure':
        this.#settle(message.call)?.reject(received(message.error));
        return;
      case 'finished':
        this.#setup.onFinished(message.pack);
        return;
      case 'rescue':
        void this.#rescue(message.packNumber);
    }
  }

  async #rescue(packNumber: number): Promise<void> {
    try {
      const isRescued = await this.#setup.rescue(packNumber);
      this.#worker.postMessage({ rescued: packNumber, isRescued });
    } catch (error) {
      this.#die(asError(error));
    }
  }

  #settle(call: number): Waiting | undefined {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    return waiting;
  }

  #die(error: Error): void {
    this.#death ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#death);
    this.#waiting.clear();
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function ignore(): void {
  return undefined;
}
