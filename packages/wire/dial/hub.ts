// The gateway's end of connections that stores opened: which are there, and a client per store over them.
import type { Duplex } from 'node:stream';
import type { AlarmClock, Random, StoreId } from '@kura/base';
import type { Bandwidth } from '../bandwidth.ts';
import type { EndpointClient } from '../client/client.ts';

export interface HubOptions {
  /**
   * The first call on every connection, and again while it is idle: throws if the other end is not the store
   * that its certificate names. `client` reaches this one connection only.
   */
  readonly greet: (client: EndpointClient, storeId: StoreId) => Promise<void>;
  /** A connection has ended; `error` is what `greet` threw, if that was why. */
  readonly onEnd?: (storeId: StoreId, error: unknown) => void;
  readonly bandwidth?: Bandwidth;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface DialHub {
  /** Takes over a connection after `101`; one too many of a store is closed. */
  accept(connection: Duplex, storeId: StoreId): void;
  /** Calls over whichever connection of the store is free; undefined while there is none at all. */
  client(storeId: StoreId): EndpointClient | undefined;
  /** Greeted connections of a store. */
  links(storeId: StoreId): number;
  /** Ends the connections of a store: it was revoked. */
  end(storeId: StoreId): void;
  close(): void;
}

export declare function openHub(options: HubOptions): DialHub;
