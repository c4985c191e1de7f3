// For tests only: rows of the risk table, by their cities.
import { GIB, must, type StoreId, storeId } from '@kura/base';
import type { PlacementStore } from './choose.ts';
import { findCity, listedCities, storePlaceOf } from './cities.ts';
import { baseRiskOf } from './risk.ts';

export const SUITES = ['aes-256-ctr', 'chacha20', 'aes-256-ocb', 'camellia-256-ctr'];

export interface StoreFields extends Partial<Omit<PlacementStore, 'identity' | 'location'>> {
  /** Gives id, key and suite; default: where the city stands in the list. */
  readonly number?: number;
  readonly suite?: string;
}

export const idOf = (number: number): StoreId => storeId(number.toString(16).padStart(32, '0'));

/** Active, with a GiB free, at the risk of its city; its location is the city's id. */
export function storeIn(
  cityId: string,
  { number: given, suite, ...fields }: StoreFields = {},
): PlacementStore {
  const city = findCity(cityId);
  const number = given ?? listedCities().findIndex((row) => row.city === cityId);
  return {
    identity: {
      storeId: idOf(number),
      publicKey: new Uint8Array(32).fill(number),
      suite: suite ?? must(SUITES[number % SUITES.length], 'a suite'),
      place: storePlaceOf(city),
      inventoryEpoch: 1,
    },
    ...{ state: 'active', location: cityId, baseRisk: baseRiskOf(city), freeBytes: GIB },
    ...fields,
  };
}

/** With each store's place in the list as its number, as in the examples of docs/design/placement.md. */
export function storesIn(
  cities: readonly string[],
  risks: Readonly<Record<string, number>> = {},
): readonly PlacementStore[] {
  return cities.map((city, number) => {
    const risk = risks[city];
    return storeIn(city, { number, ...(risk === undefined ? {} : { baseRisk: risk }) });
  });
}

/** Where a choice went. */
export function cityOf(stores: readonly PlacementStore[], id: StoreId): string {
  const found = stores.find(({ identity }) => identity.storeId === id);
  return must(found, 'a store that was there to choose').location;
}
