// The gateway's end of connections that stores opened: which are there, and a client per store over them.
import type { Duplex } from 'node:stream';
import { type AlarmClock, KuraError, type Random, SECOND_MS, type StoreId } from '@kura/base';
import type { Bandwidth } from '../bandwidth.ts';
import type { EndpointClient } from '../client/client.ts';
import { PooledClient, type Ride, type Rides } from '../client/pooled-client.ts';
import { Link, noLink } from './link.ts';

export interface HubOptions {
  /**
   * The first call on every connection, and again while it is idle: throws if the other end is not the store
   * that its certificate names. `client` reaches this one connection only.
   */
  readonly greet: (client: EndpointClient, storeId: StoreId) => Promise<void>;
  /** A connection has ended; `error` is what `greet` threw, if that was why. */
  readonly onEnd?: (storeId: StoreId, error: unknown) => void;
  readonly bandwidth?: Bandwidth | undefined;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface DialHub {
  /** Takes over a connection after `101`; one too many of a store is closed. */
  accept(connection: Duplex, storeId: StoreId): void;
  /** Calls over whichever connection of the store is free; undefined while there is none at all. */
  client(storeId: StoreId): EndpointClient | undefined;
  /** Connections of a store that have shown who they are. */
  links(storeId: StoreId): number;
  /** Ends the connections of a store: it was revoked. */
  end(storeId: StoreId): void;
  close(): void;
}

/** Larger: a store can hold more of a gateway's sockets. */
export const MAX_LINKS = 16;
/** All connections busy: a store opens another within this, or it is too slow. */
const WAIT_MS = 10 * SECOND_MS;

interface Waiting {
  readonly resolve: (ride: Ride) => void;
  readonly reject: (error: KuraError) => void;
  readonly settle: () => void;
}

/** The connections of one store. */
class StoreLinks implements Rides {
  readonly ways = 1;
  readonly client: EndpointClient;
  readonly #storeId: StoreId;
  readonly #options: HubOptions;
  readonly #links = new Set<Link>();
  readonly #idle: Link[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(storeId: StoreId, options: HubOptions) {
    this.#storeId = storeId;
    this.#options = options;
    const { bandwidth, clock, random } = options;
    this.client = new PooledClient({ rides: this, bandwidth, clock, random });
  }

  get greeted(): number {
    return [...this.#links].filter(({ isGreeted }) => isGreeted).length;
  }

  accept(connection: Duplex): void {
    if (this.#links.size >= MAX_LINKS) {
      connection.destroy();
      return;
    }
    const { greet, bandwidth, clock, random } = this.#options;
    this.#links.add(
      new Link({
        ...{ connection, bandwidth, clock, random },
        host: this.#storeId,
        greet: (client) => greet(client, this.#storeId),
        onBusy: (link) => this.#forget(link),
        onIdle: (link) => this.#rest(link),
        onEnd: (link, error) => this.#remove(link, error),
      }),
    );
  }

  take(signal: AbortSignal | undefined): Promise<Ride> {
    const link = this.#idle.pop();
    if (link !== undefined) return Promise.resolve(link.ride());
    if (this.#links.size === 0) return Promise.reject(noLink(this.#storeId));
    return new Promise((resolve, reject) => {
      const give = (error: KuraError): void => {
        waiting.settle();
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(error);
      };
      const stop = (): void =>
        give(new KuraError('interrupted', 'stopped while waiting for a store'));
      const disarm = this.#options.clock.after(WAIT_MS, () =>
        give(
          new KuraError('unreachable', `every connection of the store ${this.#storeId} is busy`),
        ),
      );
      signal?.addEventListener('abort', stop, { once: true });
      const settle = (): void => {
        disarm();
        signal?.removeEventListener('abort', stop);
      };
      const waiting: Waiting = { resolve, reject, settle };
      this.#waiting.push(waiting);
    });
  }

  close(): void {
    for (const link of [...this.#links]) link.end();
  }

  #forget(link: Link): void {
    const at = this.#idle.indexOf(link);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** Straight to whoever waits longest, else to rest. */
  #rest(link: Link): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) {
      this.#idle.push(link);
      link.rest();
      return;
    }
    waiting.settle();
    waiting.resolve(link.ride());
  }

  #remove(link: Link, error: unknown): void {
    this.#links.delete(link);
    this.#forget(link);
    this.#options.onEnd?.(this.#storeId, error);
    if (this.#links.size > 0) return;
    for (const { settle, reject } of this.#waiting.splice(0)) {
      settle();
      reject(noLink(this.#storeId));
    }
  }
}

class Hub implements DialHub {
  readonly #options: HubOptions;
  /** Kept when the last link ends: whoever tries again has the client of this store in hand. */
  readonly #stores = new Map<StoreId, StoreLinks>();
  #isClosed = false;

  constructor(options: HubOptions) {
    this.#options = options;
  }

  accept(connection: Duplex, storeId: StoreId): void {
    if (this.#isClosed) {
      connection.destroy();
      return;
    }
    const known = this.#stores.get(storeId);
    const links = known ?? this.#begin(storeId);
    links.accept(connection);
  }

  client(storeId: StoreId): EndpointClient | undefined {
    const links = this.#stores.get(storeId);
    return links === undefined || links.greeted === 0 ? undefined : links.client;
  }

  links(storeId: StoreId): number {
    return this.#stores.get(storeId)?.greeted ?? 0;
  }

  end(storeId: StoreId): void {
    this.#stores.get(storeId)?.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const links of [...this.#stores.values()]) links.close();
  }

  #begin(storeId: StoreId): StoreLinks {
    const links = new StoreLinks(storeId, this.#options);
    this.#stores.set(storeId, links);
    return links;
  }
}

export function openHub(options: HubOptions): DialHub {
  return new Hub(options);
}
