// The one capability that removes: handed to prune alone. Saving and restoring never see it.
import type { CopyId, PackId, StoreId } from '@kura/base';
import type { DestroyPackWarrant, KeeperPort, ServicePort, StoreKeeperPort } from '@kura/contract';
import { MAX_WARRANT_COPIES } from '@kura/contract';

export interface StoreDestroyer {
  /** Packs that one order may name. */
  readonly maxPacks: number;
  /**
   * Drops the rows of these packs, then has their copies removed: a kill in between leaves copies that nobody
   * knows, never rows without bytes. A store that is away is passed over: what stays there is garbage that a
   * later prune finds.
   */
  destroy(packs: readonly PackId[], warrants: readonly DestroyPackWarrant[]): Promise<void>;
  /** Copies on a store's shelf; empty if it is away or does not tell. */
  enumerate(storeId: StoreId): Promise<readonly CopyId[]>;
  /** No other session that could be writing copies is alive. */
  isAlone(): Promise<boolean>;
}

export interface EmbeddedParts {
  readonly keeper: Pick<KeeperPort, 'dropPacks'>;
  readonly shelves: ReadonlyMap<StoreId, StoreKeeperPort>;
  readonly isAlone: () => Promise<boolean>;
}

/** Tables and shelves are in this process. */
export function embeddedDestroyer({ keeper, shelves, isAlone }: EmbeddedParts): StoreDestroyer {
  return {
    maxPacks: MAX_WARRANT_COPIES,
    destroy: async (packs, warrants) => {
      if (packs.length > 0) await keeper.dropPacks(packs);
      for (const warrant of warrants) await shelves.get(warrant.storeId)?.remove(warrant);
    },
    enumerate: (storeId) => Array.fromAsync(shelves.get(storeId)?.enumerate() ?? []),
    isAlone,
  };
}

/** A network drops rows and hands out warrants in one call; what is without rows there, it finds itself. */
export function serviceDestroyer(service: Pick<ServicePort, 'orderRemoval'>): StoreDestroyer {
  return {
    maxPacks: MAX_ORDERED_PACKS,
    destroy: async (packs, warrants) => {
      if (packs.length > 0) await service.orderRemoval(packs, warrants);
    },
    enumerate: async () => [],
    isAlone: async () => false,
  };
}

/** Of one order over the wire. */
const MAX_ORDERED_PACKS = 500;
