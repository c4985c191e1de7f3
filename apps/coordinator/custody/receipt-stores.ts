// What each store holds, as receipts and custody events name it: who it is, and one root over all copies.
import { type CopyId, type StoreId, toHex } from '@kura/base';
import type { StoreDescription } from '@kura/contract';
import { copySetRoot, type ReceiptStore } from '@kura/log';
import { mustKnow } from '../stores/stores.ts';

export type Holdings = Map<StoreId, { readonly copyId: CopyId; readonly root: Uint8Array }[]>;

/** Ascending by id. Throws `refused` for a store that is not of this network. */
export function receiptStores(
  holdings: Holdings,
  stores: ReadonlyMap<StoreId, StoreDescription>,
): readonly ReceiptStore[] {
  return [...holdings.keys()].sort().map((storeId) => {
    const { identity } = mustKnow(stores, storeId);
    const copies = holdings.get(storeId) ?? [];
    return {
      storeId,
      publicKey: toHex(identity.publicKey),
      city: identity.place.city,
      suite: identity.suite,
      copies: copies.length,
      root: toHex(copySetRoot(copies)),
    };
  });
}
