// Opens the folders that an embedded network has as stores. A folder that is away or is not the store it was
// makes that store unreachable; it never stops the others.
import {
  type Clock,
  type Disk,
  KuraError,
  type NetworkShape,
  type Random,
  type StoreId,
} from '@kura/base';
import type { NetworkDescription, StoreDescription } from '@kura/contract';
import type { Native } from '@kura/native';
import { type FolderShelf, openFolderShelf } from '@kura/store/folder-shelf.ts';

export interface StoreSurroundings {
  readonly disk: Disk;
  readonly native: Native;
  readonly clock: Clock;
  readonly random: Random;
}

export interface OpenedStores {
  readonly shelves: ReadonlyMap<StoreId, FolderShelf>;
  /** Why the others could not be opened. */
  readonly failures: ReadonlyMap<StoreId, KuraError>;
}

export function openStores(
  network: Pick<NetworkDescription, 'stores' | 'shape'>,
  surroundings: StoreSurroundings,
): OpenedStores {
  const shelves = new Map<StoreId, FolderShelf>();
  const failures = new Map<StoreId, KuraError>();
  const keys = network.stores.map(
    ({ identity }) => [identity.storeId, identity.publicKey] as const,
  );
  for (const store of network.stores) {
    try {
      const storeKeys = new Map(keys);
      shelves.set(
        store.identity.storeId,
        openStore(store, network.shape, { ...surroundings, storeKeys }),
      );
    } catch (error) {
      if (!(error instanceof KuraError)) throw error;
      failures.set(store.identity.storeId, error);
    }
  }
  return { shelves, failures };
}

function openStore(
  store: StoreDescription,
  shape: NetworkShape,
  surroundings: StoreSurroundings & { readonly storeKeys: ReadonlyMap<StoreId, Uint8Array> },
): FolderShelf {
  const { storeId, publicKey, inventoryEpoch } = store.identity;
  return openFolderShelf({
    ...surroundings,
    folder: store.location,
    shape,
    expected: { storeId, publicKey, inventoryEpoch },
  });
}
