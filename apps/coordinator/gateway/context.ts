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
import { type CopyCipher, copyIdOf, copyKeyOf, openCopyCipher, suiteOf } from '@kura/copy-seal';
import type { Bulk, Native } from '@kura/native';
import type { PlacementStore } from '../placement/index.ts';
import { StagingPool } from './staging.ts';

/** Copy keys of the first epoch; they are not yet renewed. */
export const COPY_KEY_EPOCH = 0;

export interface GatewayNetwork extends Omit<NetworkDescription, 'stores'> {
  readonly stores: readonly PlacementStore[];
}

export interface GatewayOptions {
  readonly network: GatewayNetwork;
  /** Those that answer. */
  readonly stores: ReadonlyMap<StoreId, StorePort>;
  readonly networkSecret: Uint8Array;
  readonly native: Native;
}

/** A store as the gateway uses it: its row, the way to it, and the member's key for it. */
export interface KeyedStore {
  readonly row: PlacementStore;
  readonly port: StorePort;
  readonly copyKey: Uint8Array;
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
  readonly staging = new StagingPool();
  /** Failed in this session: chosen only if nothing else is left. */
  readonly demoted = new Set<StoreId>();
  readonly #ports: ReadonlyMap<StoreId, StorePort>;
  readonly #networkSecret: Uint8Array;
  readonly #keyed = new Map<StoreId, KeyedStore>();

  constructor({ network, stores, networkSecret, native }: GatewayOptions) {
    this.network = network;
    this.bulk = native.bulk;
    this.shape = network.shape;
    this.memberId = network.memberId;
    this.#ports = stores;
    this.#networkSecret = networkSecret;
  }

  /** The table as it is now: who answers, and how much room each has. */
  table(): PlacementStore[] {
    return this.network.stores.map((row) => {
      if (row.state !== 'active') return row;
      try {
        const { port } = this.store(row.identity.storeId);
        return { ...row, freeBytes: port.freeBytes() };
      } catch (error) {
        const { code } = asKuraError(error, 'a store does not answer');
        return { ...row, state: code === 'refused' ? 'lost' : 'unreachable' };
      }
    });
  }

  /** Throws `not_found`, `unreachable`, or `refused` if whoever answers is not that store. */
  store(storeId: StoreId): KeyedStore {
    const known = this.#keyed.get(storeId);
    if (known !== undefined) return known;
    const row = this.network.stores.find((entry) => entry.identity.storeId === storeId);
    if (row === undefined)
      throw new KuraError('not_found', `no store ${storeId} is in this network`);
    const port = this.#ports.get(storeId);
    if (port === undefined) {
      throw new KuraError(
        'unreachable',
        `the store in ${row.identity.place.city} does not answer`,
        {
          guidance: `Bring back ${row.location}.`,
        },
      );
    }
    authenticate(row, port);
    const copyKey = copyKeyOf({
      networkSecret: this.#networkSecret,
      memberId: this.memberId,
      storeId,
      epoch: COPY_KEY_EPOCH,
    });
    const store = { row, port, copyKey };
    this.#keyed.set(storeId, store);
    return store;
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
  throw new KuraError('refused', `what answers as the store in ${city} is not the store we know`, {
    guidance: `Look what lies at ${row.location}: another shelf, or one founded anew.`,
    context: { storeId: wanted.storeId },
  });
}
