// One connection that a store opened, from the gateway's side: greeted before it is used, greeted again while it
// is idle, one request at a time.
import type { Duplex } from 'node:stream';
import { type AlarmClock, KuraError, type Random, SECOND_MS } from '@kura/base';
import type { Bandwidth } from '../bandwidth.ts';
import { LinkAgent } from '../client/agents.ts';
import type { EndpointClient } from '../client/client.ts';
import { PooledClient, type Ride } from '../client/pooled-client.ts';

/** Idle connections are asked who they are this often, which also keeps them from being closed. */
export const GREETED_FOR_MS = 20 * SECOND_MS;

export interface LinkOptions {
  readonly connection: Duplex;
  /** For messages. */
  readonly host: string;
  readonly greet: (client: EndpointClient) => Promise<void>;
  /** It is about to greet again: it must not be taken. */
  readonly onBusy: (link: Link) => void;
  /** It can take a request. */
  readonly onIdle: (link: Link) => void;
  /** Once; `error` is what `greet` threw, if that was why. */
  readonly onEnd: (link: Link, error: unknown) => void;
  readonly bandwidth: Bandwidth | undefined;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export class Link {
  readonly #options: LinkOptions;
  readonly #agent: LinkAgent;
  #isGreeted = false;
  #error: unknown;
  #disarm: (() => void) | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    const { connection } = options;
    this.#agent = new LinkAgent(connection);
    connection.on('error', () => connection.destroy());
    connection.once('close', () => {
      this.#disarm?.();
      options.onEnd(this, this.#error);
    });
    void this.#greet();
  }

  /** It has shown who it is, at least once. */
  get isGreeted(): boolean {
    return this.#isGreeted;
  }

  end(): void {
    this.#options.connection.destroy();
  }

  /** It is idle: whoever takes it calls `ride` next. */
  rest(): void {
    this.#disarm = this.#options.clock.after(GREETED_FOR_MS, () => {
      this.#options.onBusy(this);
      void this.#greet();
    });
  }

  /** One request; `done` makes the link idle again or ends it. */
  ride(): Ride {
    this.#disarm?.();
    const { host, onIdle } = this.#options;
    return {
      way: this.#agent,
      host,
      done: (outcome) => (outcome === 'kept' ? onIdle(this) : this.end()),
    };
  }

  async #greet(): Promise<void> {
    const { greet, bandwidth, clock, random, host, onIdle } = this.#options;
    const rides = {
      ways: 1,
      take: () => Promise.resolve({ way: this.#agent, host, done: () => undefined }),
      close: () => this.end(),
    };
    try {
      await greet(new PooledClient({ rides, bandwidth, clock, random, tries: 1 }));
      this.#isGreeted = true;
      onIdle(this);
    } catch (error) {
      this.#error = error;
      this.end();
    }
  }
}

export function noLink(host: string): KuraError {
  return new KuraError('unreachable', `the store ${host} has no connection open to this gateway`);
}
