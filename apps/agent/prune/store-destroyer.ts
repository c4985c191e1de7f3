// The one capability that removes: handed to prune alone. Saving and restoring never see it.
import type { CopyId, StoreId } from '@kura/base';
import type { DestroyPackWarrant } from '@kura/contract';

export interface StoreDestroyer {
  /** A store that is away is passed over: what stays there is garbage that a later prune finds. */
  destroy(warrant: DestroyPackWarrant): Promise<void>;
  /** Copies on a store's shelf; empty if it is away or does not tell. */
  enumerate(storeId: StoreId): Promise<readonly CopyId[]>;
  /** No other session that could be writing copies is alive. */
  isAlone(): Promise<boolean>;
}
