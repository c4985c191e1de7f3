// Where an owner wants copies to lie, and where not: by city, country, power area or operator. Pins and forbidden
// regions hold for new packs and for moves, in danger as well.
import { KuraError, MAX_STORES, type MemberId } from '@kura/base';
import type { StoreDescription } from '@kura/contract';
import type { RegionRule } from '../db/move-tables.ts';
import type { MemberRows, Rows, StoresTable } from '../db/tables.ts';
import { listedCities, listedCityOf } from '../placement/cities.ts';

export interface Regions {
  readonly pinned: readonly string[];
  readonly forbidden: readonly string[];
}

export const NO_REGIONS: Regions = { pinned: [], forbidden: [] };

/** A member names a handful; more would only cost every plan. */
const MAX_REGIONS = 64;

type Placed = Pick<StoresTable, 'city' | 'lat' | 'lon' | 'power_area' | 'operator'>;

/** Everything that a store may be pinned or forbidden by, lower-case. */
export function regionsOf(row: Placed): readonly string[] {
  const { city, lat, lon, power_area: powerArea, operator } = row;
  // Of a place that is not listed, the country of the nearest one that is; none if it is far from all.
  const country = listedCityOf({ city, lat, lon, powerArea })?.country;
  const names = [city, country, powerArea, operator];
  return names
    .filter((name) => name != null && name !== '')
    .map((name) => String(name).toLowerCase());
}

export function isAllowed(regions: readonly string[], { pinned, forbidden }: Regions): boolean {
  if (pinned.length > 0 && !regions.some((one) => pinned.includes(one))) return false;
  return !regions.some((one) => forbidden.includes(one));
}

export async function readRegions({ rows, memberId }: MemberRows): Promise<Regions> {
  return (await allRegions(rows, memberId)).get(memberId) ?? NO_REGIONS;
}

/** Of every member that has any. */
export async function allRegions(
  rows: Rows,
  only?: MemberId,
): Promise<ReadonlyMap<MemberId, Regions>> {
  let query = rows.selectFrom('member_regions').selectAll().orderBy('region');
  if (only !== undefined) query = query.where('member_id', '=', only);
  const found = new Map<MemberId, { pinned: string[]; forbidden: string[] }>();
  for (const { member_id: memberId, region, rule } of await query.execute()) {
    const regions = found.get(memberId) ?? { pinned: [], forbidden: [] };
    regions[rule].push(region);
    found.set(memberId, regions);
  }
  return found;
}

/**
 * `undefined` frees the region again. Throws `usage` for a region that nothing lies in, `too_few_stores` if what is
 * left could not hold `copies` copies.
 */
export async function setRegion(
  of: MemberRows,
  { region, rule }: { readonly region: string; readonly rule: RegionRule | undefined },
  copies: number,
): Promise<Regions> {
  const { rows, memberId } = of;
  const name = region.toLowerCase();
  if (rule === undefined) {
    await rows
      .deleteFrom('member_regions')
      .where('member_id', '=', memberId)
      .where('region', '=', name)
      .execute();
    return readRegions(of);
  }
  const stores = await standingStores(rows);
  if (!stores.some((regions) => regions.includes(name)) && !isListed(name))
    refuseUnknown(region, stores);
  const values = { member_id: memberId, region: name, rule };
  await rows
    .insertInto('member_regions')
    .values(values)
    .onConflict((same) => same.columns(['member_id', 'region']).doUpdateSet({ rule }))
    .execute();
  const regions = await readRegions(of);
  if (regions.pinned.length + regions.forbidden.length > MAX_REGIONS) {
    throw new KuraError('usage', `a member names at most ${MAX_REGIONS} regions`);
  }
  const left = stores.filter((one) => isAllowed(one, regions)).length;
  if (left >= copies) return regions;
  const stay = left === 1 ? '1 store is left' : `${left} stores are left`;
  throw new KuraError('too_few_stores', `then ${stay}, and ${copies} copies are wanted`, {
    guidance: 'Free another region first: kura moves free REGION',
  });
}

/** The directory as this member sees it: stores where it wants no copy are marked. */
export async function withRegions(
  of: MemberRows,
  stores: readonly StoreDescription[],
): Promise<readonly StoreDescription[]> {
  const regions = await readRegions(of);
  if (regions.pinned.length + regions.forbidden.length === 0) return stores;
  const places = await of.rows
    .selectFrom('stores')
    .select(['store_id', 'city', 'lat', 'lon', 'power_area', 'operator'])
    .execute();
  const forbidden = new Set(
    places.filter((place) => !isAllowed(regionsOf(place), regions)).map((place) => place.store_id),
  );
  return stores.map((store) =>
    forbidden.has(store.identity.storeId) ? { ...store, isForbidden: true } : store,
  );
}

async function standingStores(rows: Rows): Promise<readonly (readonly string[])[]> {
  const stores = await rows
    .selectFrom('stores')
    .select(['city', 'lat', 'lon', 'power_area', 'operator'])
    .where('state', 'in', ['active', 'unreachable'])
    .limit(MAX_STORES)
    .execute();
  return stores.map(regionsOf);
}

/** Also where no store is yet: what is forbidden today shall hold for the store of tomorrow. */
const isListed = (name: string): boolean =>
  listedCities().some(({ city, country, powerArea }) =>
    [city, country, powerArea].some((one) => one.toLowerCase() === name),
  );

function refuseUnknown(region: string, stores: readonly (readonly string[])[]): never {
  const known = [...new Set(stores.flat())].sort().join(', ');
  throw new KuraError('usage', `"${region}" is no city, country, power area or operator`, {
    guidance: `The stores lie in: ${known}.`,
  });
}
