// A recovery may have one store only, and a copy there that only its parity can bring back: before such a copy is
// passed over, its store is asked to heal it.
import { type CopyId, KuraError, type StoreId } from '@kura/base';
import type { StoreKeeperPort } from '@kura/contract';

/** True if the copy is whole now. Throws `unreachable` if the store went away. */
export async function isHealed(store: StoreKeeperPort, copyId: CopyId): Promise<boolean> {
  try {
    const { state } = await store.scrub(copyId);
    return state === 'healed' || state === 'intact';
  } catch (error) {
    if (error instanceof KuraError && error.code !== 'unreachable') return false;
    throw error;
  }
}

/** Every copy at a store that is there. */
export async function healAll(
  copies: readonly { readonly storeId: StoreId; readonly copyId: CopyId }[],
  shelves: ReadonlyMap<string, StoreKeeperPort>,
): Promise<void> {
  for (const { storeId, copyId } of copies) {
    const store = shelves.get(storeId);
    if (store !== undefined) await isHealed(store, copyId);
  }
}
