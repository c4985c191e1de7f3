// Stores as a card alone reads them: by grant, at their readers, with the card's own TLS key. What is opened from is
// plain data, so that each thread of a restore opens its own.
import { must, type StoreId } from '@kura/base';
import type { StoreReader } from '@kura/contract';
import type { CardStore } from '@kura/contract/wire/card-store.ts';
import { READER_ENDPOINTS as READER } from '@kura/contract/wire/endpoints/reader.ts';
import { bandwidthOf, type NetworkAccess, type Surroundings } from '../network/access.ts';
import { type GrantPermits, grantPermits } from '../network/permits.ts';
import { ReaderDoor } from '../network/reader-door.ts';
import { PATIENCE_MS, RemoteReader, readerWay } from '../network/remote-reader.ts';
import { MediumReader } from '../read/medium-reader.ts';

export interface CardAccess
  extends Pick<NetworkAccess, 'identity' | 'proxy' | 'limits' | 'connections'> {
  readonly stores: readonly CardStore[];
}

/** Disks that were sent, by the store that each is of; it is read with no grant. */
export type CardMedia = ReadonlyMap<StoreId, Pick<StoreReader, 'fetch' | 'stat'>>;

/** With a grant, and a reader to show it to. */
export function canBeReadAlone({ grant, readers }: CardStore): boolean {
  return grant !== undefined && readers.length > 0;
}

export class CardReaders {
  readonly #access: CardAccess;
  readonly #media: CardMedia;
  readonly #around: Surroundings;
  readonly #doors = new Map<StoreId, ReaderDoor>();
  readonly #permits = new Map<StoreId, GrantPermits>();
  readonly #readers = new Map<StoreId, StoreReader>();
  readonly #copyKeys = new Map<StoreId, Uint8Array>();
  readonly #stores = new Map<StoreId, CardStore>();
  readonly #bandwidth: ReturnType<typeof bandwidthOf>;
  readonly #patienceMs: (store: StoreId) => number;

  /** `patienceMs`: how long a store may be silent. */
  constructor(
    { media = new Map(), ...access }: CardAccess & { readonly media?: CardMedia },
    around: Surroundings,
    patienceMs: (store: StoreId) => number = () => PATIENCE_MS,
  ) {
    this.#access = access;
    this.#media = media;
    this.#around = around;
    this.#patienceMs = patienceMs;
    this.#bandwidth = bandwidthOf(access, around.clock);
    this.learn(access.stores);
  }

  /** Only of stores that can be read alone; nothing is connected before something is read. */
  get readers(): ReadonlyMap<StoreId, StoreReader> {
    return this.#readers;
  }

  get copyKeys(): ReadonlyMap<StoreId, Uint8Array> {
    return this.#copyKeys;
  }

  /** All that are known by now. */
  get stores(): readonly CardStore[] {
    return [...this.#stores.values()];
  }

  /** True if one of these can be read and was not known. What is known stays: the card has its own grants. */
  learn(stores: readonly CardStore[]): boolean {
    const before = this.#readers.size;
    for (const store of stores) {
      const { storeId } = store.identity;
      if (this.#readers.has(storeId)) continue;
      this.#stores.set(storeId, store);
      this.#copyKeys.set(storeId, store.copyKey);
      const reader = this.#readerOf(store);
      if (reader !== undefined) this.#readers.set(storeId, reader);
    }
    return this.#readers.size > before;
  }

  #readerOf(store: CardStore): StoreReader | undefined {
    const { identity } = store;
    const remote = canBeReadAlone(store) ? this.#open(store) : undefined;
    const medium = this.#media.get(identity.storeId);
    return medium === undefined ? remote : new MediumReader({ identity, medium, store: remote });
  }

  /** The owner key that this store has admitted for the card's member: whose warrants it would obey. */
  async ownerAt(storeId: StoreId): Promise<Uint8Array> {
    const door = must(this.#doors.get(storeId), 'a store that can be read');
    const permits = must(this.#permits.get(storeId), 'a store that can be read');
    const patienceMs = this.#patienceMs(storeId);
    const client = await door.open(patienceMs);
    const authorization = await permits.authorization({ storeId });
    const asked = { authorization, patienceMs, tries: 1 };
    return (await client.call(READER.readOwner, asked)).ownerKey;
  }

  close(): void {
    for (const door of this.#doors.values()) door.forget();
  }

  #open({ identity: store, readers: addresses, grant }: CardStore): StoreReader {
    const { identity, proxy, connections } = this.#access;
    const bandwidth = this.#bandwidth;
    const door = new ReaderDoor({
      ...{ store, addresses, identity, proxy, bandwidth, connections },
      ...this.#around,
    });
    this.#doors.set(store.storeId, door);
    const grants = grant === undefined ? [] : [[store.storeId, grant] as const];
    const permits = grantPermits(new Map(grants));
    this.#permits.set(store.storeId, permits);
    const patienceMs = (): number => this.#patienceMs(store.storeId);
    return new RemoteReader({ identity: store, way: readerWay(door), permits, patienceMs });
  }
}
