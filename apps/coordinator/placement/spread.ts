// What a set of copies is worth, computed again after writing: a plan is not proof of where copies went.
// Nothing is called safe before this has passed.
import { KuraError, type StoreId } from '@kura/base';
import type { StoreDescription } from '@kura/contract';
import { distanceKm } from './distance.ts';

export interface Spread {
  readonly stores: number;
  readonly powerAreas: number;
  readonly suites: number;
  /** Between the two copies closest to each other; infinite for a single copy. */
  readonly closestKm: number;
}

/**
 * Throws `too_few_stores` below `minimum` different stores, and `refused` if a store is named twice, is
 * unknown, or has the same key as another: one machine under two names is one store.
 */
export function assertSpread(
  copies: readonly { readonly storeId: StoreId }[],
  stores: readonly StoreDescription[],
  minimum: number,
): Spread {
  const holders = copies.map(({ storeId }) => {
    const store = stores.find((row) => row.identity.storeId === storeId);
    if (store === undefined) {
      throw new KuraError('refused', `a copy is said to be at ${storeId}, which is no store here`);
    }
    return store;
  });
  const ids = new Set(holders.map((store) => store.identity.storeId));
  const keys = new Set(
    holders.map((store) => Buffer.from(store.identity.publicKey).toString('hex')),
  );
  if (ids.size < holders.length || keys.size < holders.length) {
    throw new KuraError('refused', 'two copies of one pack are said to be at the same store');
  }
  if (holders.length < minimum) {
    throw new KuraError(
      'too_few_stores',
      `a pack has ${holders.length} copies and ${minimum} are the least`,
      { context: { copies: holders.length, minimum } },
    );
  }
  const places = holders.map((store) => store.identity.place);
  let closestKm = Number.POSITIVE_INFINITY;
  for (const [index, place] of places.entries()) {
    for (const other of places.slice(index + 1)) {
      closestKm = Math.min(closestKm, distanceKm(place, other));
    }
  }
  return {
    stores: holders.length,
    powerAreas: new Set(places.map((place) => place.powerArea)).size,
    suites: new Set(holders.map((store) => store.identity.suite)).size,
    closestKm,
  };
}
