// A thread that looks at the source ahead of the walk, while the command still starts, and beside it then. Nobody waits
// for it: without it, or when it dies, the walk asks the system for everything.
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { AheadRequest } from '@kura/agent/backup/ahead/look-ahead.ts';
import { SeenAhead } from '@kura/agent/backup/ahead/seen-ahead.ts';
import { AheadWindow } from '@kura/agent/backup/ahead/window.ts';
import type { SourceLook } from '@kura/agent/backup/plan/walk-scope.ts';
import type { AheadPort } from '@kura/agent/backup/ports.ts';
import type { AheadBlueprint } from './ahead-thread.ts';

const PROGRAM = new URL('./start-ahead-thread.ts', import.meta.url);
/** What is seen is garbage at once: a larger young generation would only be more memory. */
const YOUNG_GENERATION_MB = 4;

export class ThreadAhead implements AheadPort {
  readonly #request: AheadRequest;
  readonly #program: URL;
  readonly #window = new AheadWindow();
  readonly #channel = new MessageChannel();
  /** It has seen everything, or died. */
  readonly ended: Promise<void>;
  readonly #tellEnded: () => void;
  #worker: Worker | undefined;
  #openBytes = 0;

  constructor(request: AheadRequest, program = PROGRAM) {
    this.#request = request;
    this.#program = program;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#tellEnded = resolve;
  }

  /** Starts the thread, once. */
  begin(): void {
    if (this.#worker !== undefined) return;
    const { port1: port } = this.#channel;
    const request = this.#request;
    const workerData: AheadBlueprint = { request, window: this.#window.memory, port };
    const worker = new Worker(this.#program, {
      workerData,
      transferList: [port],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    // Whatever it could not see the walk asks for, and tells what is wrong there.
    worker.on('error', () => undefined);
    worker.on('exit', this.#tellEnded);
    worker.unref();
    this.#worker = worker;
  }

  over(system: SourceLook): SourceLook {
    return new SeenAhead({ system, nextBatch: () => this.#nextBatch() });
  }

  async end(): Promise<void> {
    this.#channel.port2.close();
    await this.#worker?.terminate();
  }

  #nextBatch(): Uint8Array | undefined {
    if (this.#openBytes > 0) this.#window.used(this.#openBytes);
    const batch: Uint8Array | undefined = receiveMessageOnPort(this.#channel.port2)?.message;
    this.#openBytes = batch?.length ?? 0;
    return batch;
  }
}
