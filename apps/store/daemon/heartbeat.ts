// Tells the coordinator every ten seconds that the store is there, and hands on what it answers. A beat that fails is
// followed by the next; whoever waits for one (a store on hold) waits on.
import { type AlarmClock, KuraError } from '@kura/base';
import { HEARTBEAT_ENDPOINTS, HEARTBEAT_MS } from '@kura/contract/wire/endpoints/heartbeat.ts';
import type { Log } from '@kura/daemon';
import type { AnswerOf, CallOf, EndpointClient } from '@kura/wire/client/client.ts';

type Endpoint = typeof HEARTBEAT_ENDPOINTS.heartbeat;
export type Beat = CallOf<Endpoint>['body'];
export type BeatAnswer = AnswerOf<Endpoint>;

export interface HeartbeatOptions {
  readonly client: () => EndpointClient;
  readonly tell: () => Beat | Promise<Beat>;
  readonly onAnswer: (answer: BeatAnswer) => Promise<void>;
  readonly clock: AlarmClock;
  readonly log: Log;
}

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #disarm: (() => void) | undefined;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();
  /** Why the last beat failed; a fault that lasts is told once. */
  #fault: string | undefined = 'the coordinator has not answered yet';

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  /** Beats at once and from then on; resolves when the first beat has ended, however it did. */
  async start(): Promise<void> {
    this.#running = this.#beat();
    await this.#running;
    this.#next();
  }

  /** Resolves when no answer is under way any more: what it brings would begin what has just been ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#disarm?.();
    await this.#running;
  }

  #next(): void {
    if (this.#isStopped) return;
    this.#disarm = this.#options.clock.after(HEARTBEAT_MS, () => {
      this.#running = this.#beat().then(() => this.#next());
    });
  }

  /** Never throws. */
  async #beat(): Promise<void> {
    const { client, tell, onAnswer, log } = this.#options;
    try {
      const { heartbeat } = HEARTBEAT_ENDPOINTS;
      await onAnswer(await client().call(heartbeat, { body: await tell(), tries: 1 }));
      if (this.#fault !== undefined) log.event('info', 'the coordinator answers');
      this.#fault = undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const code = error instanceof KuraError ? error.code : 'io';
      if (this.#fault !== why) log.event('warning', 'no answer to a heartbeat', { code, why });
      this.#fault = why;
    }
  }
}
