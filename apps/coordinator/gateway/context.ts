// What uploads and replications share: the stores with their keys, the staging memory, and which stores
// have failed in this session.
import {
  asKuraError,
  type CopyId,
  equalBytes,
  KuraError,
  type MemberId,
  type NetworkShape,
  type PackId,
  type StoreId,
} from '@kura/base';
import type { NetworkDescription, StorePort } from '@kura/contract';
import type { CopyCipher } from '@kura/copy-seal';
import { openCopyCipher } from '@kura/copy-seal/cipher.ts';
import { copyIdOf } from '@kura/copy-seal/keys.ts';
import { suiteOf } from '@kura/copy-seal/suites.ts';
import type { Bulk, Native } from '@kura/native';
import type { PlacementStore } from '../placement/index.ts';
import type { CopyKeys, StoreKeys } from './copy-keys.ts';
import { isRogue, rogueError } from './rogue.ts';
import { StagingPool } from './staging.ts';

/**
 * Who finds out that a store acknowledged other bytes than it was sent. agent: it recomputes leaves of every
 * copy itself, so the gateway spares the hashes. gateway: it hashes what it sends.
 */
export type Hashing = 'agent' | 'gateway';

/** The way to each store that answers now. */
export interface StoreWays {
  get(storeId: StoreId): StorePort | undefined;
  /** Why whoever answers in its name was not believed, if that is why there is no way to it. */
  refusal?(storeId: StoreId): KuraError | undefined;
}

/** Resolves when the member's device has proved itself anew; throws if it does not (A15). */
export type CallBack = (rogue: StoreId) => Promise<void>;

export interface GatewayNetwork extends Omit<NetworkDescription, 'stores'> {
  readonly stores: readonly PlacementStore[];
}

export interface GatewayOptions {
  readonly network: GatewayNetwork;
  readonly stores: StoreWays;
  readonly keys: CopyKeys;
  readonly native: Native;
  readonly hashing: Hashing;
  /** Failed lately: chosen only if nothing else is left. */
  readonly demoted?: Iterable<StoreId>;
  /** Asked when a store fails its authentication, before another one is chosen; default: nobody. */
  readonly callBack?: CallBack;
  /** Default: some of its own. */
  readonly staging?: StagingPool;
}

/** A store as the gateway uses it: its row, the way to it, and the member's key and name for it. */
export interface KeyedStore extends StoreKeys {
  readonly row: PlacementStore;
  readonly port: StorePort;
}

export interface CopyToOpen {
  readonly store: KeyedStore;
  readonly copyId: CopyId;
  readonly direction: 'encrypt' | 'decrypt';
}

export class GatewayContext {
  readonly network: GatewayNetwork;
  readonly bulk: Bulk;
  readonly shape: NetworkShape;
  readonly memberId: MemberId;
  readonly hashing: Hashing;
  readonly staging: StagingPool;
  /** Failed lately or in this session: chosen only if nothing else is left. */
  readonly demoted: Set<StoreId>;
  readonly #callBack: CallBack | undefined;
  /** Failed their authentication, and the member has not been asked yet. */
  readonly #rogues = new Set<StoreId>();
  readonly #ways: StoreWays;
  readonly #keys: CopyKeys;
  readonly #keyed = new Map<StoreId, StoreKeys>();

  constructor(options: GatewayOptions) {
    const { network, stores, keys, native, hashing, callBack } = options;
    this.demoted = new Set(options.demoted);
    this.staging = options.staging ?? new StagingPool(native);
    this.network = network;
    this.bulk = native.bulk;
    this.shape = network.shape;
    this.memberId = network.memberId;
    this.hashing = hashing;
    this.#callBack = callBack;
    this.#ways = stores;
    this.#keys = keys;
  }

  /** The table as it is now: who answers, and how much room each has. */
  table(): PlacementStore[] {
    return this.network.stores.map((row) => {
      if (row.state !== 'active') return row;
      try {
        return { ...row, freeBytes: this.#portOf(row).freeBytes() };
      } catch (error) {
        const failure = asKuraError(error, 'a store does not answer');
        if (!isRogue(failure)) return { ...row, state: 'unreachable' };
        this.noteRogue(row.identity.storeId);
        return { ...row, state: 'lost' };
      }
    });
  }

  /** It is ranked down. One that was so before has been answered for already. */
  noteRogue(storeId: StoreId): void {
    if (!this.demoted.has(storeId)) this.#rogues.add(storeId);
    this.demoted.add(storeId);
  }

  /** Before another store is chosen: whose data it is has to be there, once for each rogue. */
  async answerForRogues(): Promise<void> {
    for (const storeId of this.#rogues) {
      this.#rogues.delete(storeId);
      await this.#callBack?.(storeId);
    }
  }

  /** Throws `not_found`, `unreachable`, or `refused` if whoever answers is not that store. */
  async store(storeId: StoreId): Promise<KeyedStore> {
    const row = this.network.stores.find((entry) => entry.identity.storeId === storeId);
    if (row === undefined)
      throw new KuraError('not_found', `no store ${storeId} is in this network`);
    const port = this.#portOf(row);
    const keys = this.#keyed.get(storeId) ?? (await this.#keys.keysFor(this.memberId, storeId));
    this.#keyed.set(storeId, keys);
    return { row, port, ...keys };
  }

  /** Asked for anew each time: in a service, stores come and go. */
  #portOf(row: PlacementStore): StorePort {
    const port = this.#ways.get(row.identity.storeId);
    if (port === undefined) {
      const { city } = row.identity.place;
      const refusal = this.#ways.refusal?.(row.identity.storeId);
      if (refusal !== undefined) {
        throw rogueError(`what answers as the store in ${city} is not believed`, {
          cause: refusal,
        });
      }
      throw new KuraError('unreachable', `the store in ${city} does not answer`, {
        guidance: `Bring back ${row.location}.`,
      });
    }
    authenticate(row, port);
    return port;
  }

  copyIdAt(store: KeyedStore, packId: PackId): CopyId {
    return copyIdOf(store.copyKey, packId);
  }

  openCipher({ store, copyId, direction }: CopyToOpen): CopyCipher {
    return openCopyCipher({
      bulk: this.bulk,
      suite: suiteOf(store.row.identity.suite),
      copyKey: store.copyKey,
      copyId,
      leafBytes: this.shape.leafBytes,
      direction,
    });
  }
}

/** A store is who the table says it is before anything is written to it. */
function authenticate(row: PlacementStore, port: StorePort): void {
  const wanted = row.identity;
  const found = port.identity;
  const isSame =
    found.storeId === wanted.storeId &&
    found.suite === wanted.suite &&
    found.inventoryEpoch === wanted.inventoryEpoch &&
    equalBytes(found.publicKey, wanted.publicKey);
  if (isSame) return;
  const city = wanted.place.city;
  throw rogueError(`what answers as the store in ${city} is not the store we know`, {
    guidance: `Look what lies at ${row.location}: another shelf, or one founded anew.`,
    context: { storeId: wanted.storeId },
  });
}
