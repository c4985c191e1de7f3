// The stores that a gateway can reach now: over connections that they dialled, else at the inward listener that
// they have. Each has shown its key; whether it is the key of the directory is looked at with every copy
// (`context.ts`).
import type { Duplex } from 'node:stream';
import {
  type AlarmClock,
  KuraError,
  type NetworkShape,
  type Random,
  SECOND_MS,
  type StoreId,
} from '@kura/base';
import type { StoreIdentity, StorePort } from '@kura/contract';
import type { Bandwidth } from '@kura/wire/bandwidth.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import { type DialHub, openHub } from '@kura/wire/dial/hub.ts';
import type { TlsIdentity, TrustRule } from '@kura/wire/tls.ts';
import { RemoteStore } from './remote-store.ts';

export interface KnownStoresOptions {
  readonly shape: NetworkShape;
  /** What this gateway shows at inward listeners. */
  readonly identity: () => TlsIdentity;
  /** Whether a certificate is that of this store. */
  readonly trust: (storeId: StoreId) => TrustRule;
  readonly bandwidth?: Bandwidth;
  /** A connection of this store has shown who it is; of an inward listener the first, and after each failure. */
  readonly onMet?: (storeId: StoreId) => void;
  /** Told why a store was not believed or has gone, for a log. */
  readonly onFailure?: (storeId: StoreId, error: unknown) => void;
  readonly clock: AlarmClock;
  readonly random: Random;
}

/** What a store said when it was asked last. */
interface Met {
  readonly identity: StoreIdentity;
  readonly freeBytes: number;
}

interface Inward {
  readonly address: string;
  readonly client: EndpointClient;
  met: Met | undefined;
}

/** A store that does not answer is known to be away within about this. */
const MEET_MS = 20 * SECOND_MS;
/** One that is asked in between does not hold up a backup. */
const MEET_TRIES = 1;

export class KnownStores {
  readonly #options: KnownStoresOptions;
  readonly #hub: DialHub;
  readonly #dialled = new Map<StoreId, Met>();
  readonly #inward = new Map<StoreId, Inward>();
  /** Why who answered last for a store was not believed. */
  readonly #refusals = new Map<StoreId, KuraError>();
  #disarm: (() => void) | undefined;
  #meeting: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: KnownStoresOptions) {
    const { bandwidth, clock, random, onFailure } = options;
    this.#options = options;
    this.#hub = openHub({
      greet: async (client, storeId) => {
        this.#dialled.set(storeId, await this.#meet(client, storeId));
        this.#options.onMet?.(storeId);
      },
      onEnd: (storeId, error) => {
        if (error !== undefined) onFailure?.(storeId, error);
      },
      ...{ bandwidth, clock, random },
    });
  }

  /** Takes over a connection that a store opened. */
  accept(connection: Duplex, storeId: StoreId): void {
    this.#hub.accept(connection, storeId);
  }

  /** The inward listeners that there are, all of them; each is asked now and then who it is. */
  async setInward(addresses: ReadonlyMap<StoreId, string>): Promise<void> {
    for (const [storeId, inward] of this.#inward) {
      if (addresses.get(storeId) === inward.address) continue;
      inward.client.close();
      this.#inward.delete(storeId);
    }
    for (const [storeId, address] of addresses) {
      if (!this.#inward.has(storeId)) this.#inward.set(storeId, this.#open(storeId, address));
    }
    await this.#meeting; // which may not know the new ones
    await this.#meetInward();
  }

  get(storeId: StoreId): StorePort | undefined {
    return this.remote(storeId);
  }

  /** Undefined once the store has shown who it is. */
  refusal(storeId: StoreId): KuraError | undefined {
    return this.#refusals.get(storeId);
  }

  /** With what a gateway does at stores besides copies. */
  remote(storeId: StoreId): RemoteStore | undefined {
    const { shape } = this.#options;
    const client = this.#hub.client(storeId);
    const met = this.#dialled.get(storeId);
    if (client !== undefined && met !== undefined) {
      return new RemoteStore({ client, shape, ...met });
    }
    const inward = this.#inward.get(storeId);
    if (inward?.met === undefined) return undefined;
    return new RemoteStore({ client: inward.client, shape, ...inward.met });
  }

  /** Connections that a store holds open to here; one that is dialled has none. */
  links(storeId: StoreId): number {
    return this.#hub.links(storeId);
  }

  /** Those that `get` finds. */
  reachable(): ReadonlySet<StoreId> {
    const all = [...this.#dialled.keys(), ...this.#inward.keys()];
    return new Set(all.filter((storeId) => this.get(storeId) !== undefined));
  }

  /** It was revoked: its connections end at once. */
  end(storeId: StoreId): void {
    this.#hub.end(storeId);
    this.#dialled.delete(storeId);
    this.#inward.get(storeId)?.client.close();
    this.#inward.delete(storeId);
  }

  close(): void {
    this.#isClosed = true;
    this.#disarm?.();
    this.#hub.close();
    for (const { client } of this.#inward.values()) client.close();
  }

  #open(storeId: StoreId, address: string): Inward {
    const { identity, trust, bandwidth, clock, random } = this.#options;
    const client = openClient({
      addresses: [address],
      identity: identity(),
      trust: trust(storeId),
      ...{ bandwidth, clock, random },
    });
    return { address, client, met: undefined };
  }

  /** One round at a time: who asks during one gets its end. */
  #meetInward(): Promise<void> {
    this.#disarm?.();
    this.#meeting ??= this.#meetAll().finally(() => {
      this.#meeting = undefined;
      if (this.#isClosed) return;
      this.#disarm = this.#options.clock.after(MEET_MS, () => void this.#meetInward());
    });
    return this.#meeting;
  }

  async #meetAll(): Promise<void> {
    await Promise.all(
      [...this.#inward].map(async ([storeId, inward]) => {
        try {
          const wasMet = inward.met !== undefined;
          inward.met = await this.#meet(inward.client, storeId);
          if (!wasMet) this.#options.onMet?.(storeId);
        } catch (error) {
          inward.met = undefined;
          this.#options.onFailure?.(storeId, error);
        }
      }),
    );
  }

  async #meet(client: EndpointClient, storeId: StoreId): Promise<Met> {
    const { shape, random } = this.#options;
    try {
      const store = await RemoteStore.meet({ client, shape, random, tries: MEET_TRIES });
      if (store.identity.storeId !== storeId) {
        throw new KuraError('refused', `store ${store.identity.storeId} answers for ${storeId}`, {
          context: { reason: 'signature', store: storeId },
        });
      }
      this.#refusals.delete(storeId);
      return { identity: store.identity, freeBytes: store.freeBytes() };
    } catch (error) {
      if (error instanceof KuraError && error.code === 'refused') {
        this.#refusals.set(storeId, error);
      }
      throw error;
    }
  }
}
