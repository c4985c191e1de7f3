// The stores of a replay: real shelves in memory, behind doors that stay shut while a store has neither grid nor fuel.
import {
  type Clock,
  must,
  type Random,
  SMALL_SHAPE,
  type StoreId,
  storeId,
  toHex,
} from '@kura/base';
import { ed25519PublicKey, type StoreIdentity, type StorePlace } from '@kura/contract';
import { SUITES } from '@kura/copy-seal';
import type { Native } from '@kura/native';
import { MemoryStore } from '@kura/store';

/** A network of the small grid: what is moved are real packs, of kilobytes. */
export const REPLAY_SHAPE = SMALL_SHAPE;

const STORE_ID_BYTES = 16;
const SEED_BYTES = 32;

export interface Shelf {
  readonly site: string;
  readonly storeId: StoreId;
  readonly store: MemoryStore;
  /** In bytes of the shelf per second. */
  readonly bytesPerSecond: number;
}

export interface ShelfFields {
  readonly site: string;
  readonly place: StorePlace;
  readonly capacityBytes: number;
  readonly bytesPerSecond: number;
}

export interface ShelvesParts {
  readonly native: Pick<Native, 'bulk'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly coordinatorKey: Uint8Array;
}

export class Shelves {
  readonly #parts: ShelvesParts;
  readonly #byId = new Map<StoreId, Shelf>();
  readonly #bySite = new Map<string, Shelf>();
  readonly #keys = new Map<StoreId, Uint8Array>();
  readonly #dark = new Set<StoreId>();

  constructor(parts: ShelvesParts) {
    this.#parts = parts;
  }

  found({ site, place, capacityBytes, bytesPerSecond }: ShelfFields): Shelf {
    const { native, clock, random, coordinatorKey } = this.#parts;
    const seed = random.bytes(SEED_BYTES);
    const suite = must(SUITES[this.#byId.size % SUITES.length], 'a suite');
    const id = storeId(toHex(random.bytes(STORE_ID_BYTES)));
    const store = new MemoryStore({
      identity: { storeId: id, suite: String(suite), place, inventoryEpoch: 1 },
      ...{ seed, native, clock, coordinatorKey, capacityBytes },
      shape: REPLAY_SHAPE,
      ownerKeys: new Map(),
      storeKeys: this.#keys,
    });
    this.#keys.set(id, ed25519PublicKey(seed));
    const shelf = { site, storeId: id, store, bytesPerSecond };
    this.#byId.set(id, shelf);
    this.#bySite.set(site, shelf);
    return shelf;
  }

  get all(): readonly Shelf[] {
    return [...this.#byId.values()];
  }

  shelf(id: StoreId): Shelf {
    return must(this.#byId.get(id), 'a shelf of this replay');
  }

  at(site: string): Shelf | undefined {
    return this.#bySite.get(site);
  }

  /** As a gateway reaches stores: what is dark does not answer. */
  get(id: StoreId): MemoryStore | undefined {
    return this.#dark.has(id) ? undefined : this.#byId.get(id)?.store;
  }

  isDark(id: StoreId): boolean {
    return this.#dark.has(id);
  }

  setDark(id: StoreId, isDark: boolean): void {
    if (isDark) this.#dark.add(id);
    else this.#dark.delete(id);
  }

  identityOf(id: StoreId): StoreIdentity {
    return this.shelf(id).store.identity;
  }
}
