// How messages name a store: by its city. An id tells a person nothing.
import type { StoreId } from '@kura/base';
import type { NetworkDescription } from '@kura/contract';

/** The city's id; the store's own if it is not of this network. */
export function storeCities({
  stores,
}: Pick<NetworkDescription, 'stores'>): (storeId: StoreId) => string {
  const cities = new Map(stores.map(({ identity }) => [identity.storeId, identity.place.city]));
  return (storeId) => cities.get(storeId) ?? storeId;
}
