// The directory of stores (row D4): who they are, where they are, how they are, and every change.
import { KuraError, MAX_STORES, type StoreId } from '@kura/base';
import type { StoreDescription, StoreIdentity, StoreState } from '@kura/contract';
import type { Rows, StoreKind, StoresTable } from '../db/tables.ts';
import { LOWEST_LEVEL } from '../members/level.ts';
import type { PlacementStore } from '../placement/choose.ts';

export interface StoreRegistration {
  readonly identity: StoreIdentity;
  readonly location: string;
  readonly baseRisk: number;
  readonly freeBytes: number;
  /** Row A1: members of a lower level may not use it. By default anyone may. */
  readonly minimumLevel?: number;
  /** Of a store that is a program of its own; a folder of an embedded network has none of it. */
  readonly service?: StoreService;
}

export interface StoreService {
  readonly kind: Exclude<StoreKind, 'folder'>;
  /** Where cards and devices read; absent: through a gateway. */
  readonly readerAddress: string | undefined;
  readonly lineMbit: number;
  readonly capacityBytes: number;
  /** Lower is asked first among equals. */
  readonly rank: number;
  readonly operator: string;
}

export interface StoreChange {
  readonly storeId: StoreId;
  readonly timeMs: number;
  /** "registered", "active → lost": for the journal that people read. */
  readonly what: string;
}

const NEVER_HELD = {
  hold_number: 0,
  is_held: 0,
  hold_ms: 0,
  hold_by: null,
  hold_why: '',
  hold_heard: 0,
} as const;

export async function registerStore(
  rows: Rows,
  store: StoreRegistration,
  nowMs: number,
  state: 'active' | 'candidate' = 'active',
): Promise<void> {
  const { identity } = store;
  const known = await readStores(rows);
  if (known.has(identity.storeId)) {
    throw new KuraError('already_exists', `store ${identity.storeId} is in the network already`);
  }
  if (known.size >= MAX_STORES) {
    throw new KuraError('too_large', `a network has at most ${MAX_STORES} stores`);
  }
  await rows
    .insertInto('stores')
    .values({
      ...identityColumns(identity),
      ...standingColumns(store),
      number: known.size + 1,
      state,
      away_since_ms: null,
      ...NEVER_HELD,
    })
    .execute();
  const what = state === 'candidate' ? 'enrolled as a candidate' : 'registered';
  await noteChange(rows, { storeId: identity.storeId, timeMs: nowMs, what });
}

export async function readStores(rows: Rows): Promise<ReadonlyMap<StoreId, StoreDescription>> {
  const all = await rows.selectFrom('stores').selectAll().orderBy('number').execute();
  return new Map(all.map((row) => [row.store_id, describeStore(row)]));
}

export function mustKnow(
  stores: ReadonlyMap<StoreId, StoreDescription>,
  storeId: StoreId,
): StoreDescription {
  const store = stores.get(storeId);
  if (store !== undefined) return store;
  throw new KuraError('refused', `store ${storeId} is not in this network`);
}

export async function setStoreState(
  rows: Rows,
  storeId: StoreId,
  change: { readonly state: StoreState; readonly nowMs: number },
): Promise<void> {
  const before = mustKnow(await readStores(rows), storeId).state;
  if (before === change.state) return;
  const awaySinceMs = change.state === 'unreachable' ? change.nowMs : null;
  const columns = { state: change.state, away_since_ms: awaySinceMs };
  await rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute();
  const what = `${before} → ${change.state}`;
  await noteChange(rows, { storeId, timeMs: change.nowMs, what });
}

/**
 * A store's own news: where it is found now, its free space, its risk, its inventory epoch. A new epoch
 * is an empty shelf under an old name: what lay there is lost.
 */
export async function updateStore(
  rows: Rows,
  store: StoreRegistration,
  nowMs: number,
): Promise<void> {
  const { identity } = store;
  const before = mustKnow(await readStores(rows), identity.storeId);
  const columns = { ...identityColumns(identity), ...standingColumns(store) };
  await rows.updateTable('stores').set(columns).where('store_id', '=', identity.storeId).execute();
  const { storeId, inventoryEpoch } = identity;
  if (before.location !== store.location) {
    await noteChange(rows, { storeId, timeMs: nowMs, what: `now at ${store.location}` });
  }
  if (before.identity.inventoryEpoch !== inventoryEpoch) {
    await noteNewEpoch(rows, storeId, { inventoryEpoch, nowMs });
  }
}

/** An empty shelf under an old name: what lay there is lost. */
export async function noteNewEpoch(
  rows: Rows,
  storeId: StoreId,
  { inventoryEpoch, nowMs }: { readonly inventoryEpoch: number; readonly nowMs: number },
): Promise<void> {
  const columns = { inventory_epoch: inventoryEpoch };
  await rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute();
  await loseCopies(rows, {
    storeId,
    timeMs: nowMs,
    what: `founded anew, inventory epoch ${inventoryEpoch}`,
  });
}

/**
 * Another shelf than the one that was known: put back from an old image, or emptied. What lay there is lost, and the
 * store with it until an operator admits it again.
 */
export async function noteOldInventory(
  rows: Rows,
  storeId: StoreId,
  { told, known, nowMs }: { readonly told: number; readonly known: number; readonly nowMs: number },
): Promise<void> {
  const came = told === 0 ? 'came back empty' : `came back old, mark ${told}`;
  await loseCopies(rows, { storeId, timeMs: nowMs, what: `${came} instead of mark ${known}` });
  await setStoreState(rows, storeId, { state: 'lost', nowMs });
}

async function loseCopies(rows: Rows, change: StoreChange): Promise<void> {
  const lost = { state: 'lost' } as const;
  await rows.updateTable('copies').set(lost).where('store_id', '=', change.storeId).execute();
  await noteChange(rows, { ...change, what: `${change.what}: its copies are lost` });
}

/** As measured now. */
export async function noteFreeBytes(
  rows: Rows,
  storeId: StoreId,
  freeBytes: number,
): Promise<void> {
  const columns = { free_bytes: freeBytes };
  await rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute();
}

export async function storeChanges(rows: Rows): Promise<readonly StoreChange[]> {
  const all = await rows.selectFrom('store_changes').selectAll().orderBy('number').execute();
  return all.map((row) => ({ storeId: row.store_id, timeMs: row.time_ms, what: row.what }));
}

/** For the journal that people read; whoever watches the directory sees that it has changed. */
export async function noteChange(rows: Rows, change: StoreChange): Promise<void> {
  const { last } = await rows
    .selectFrom('store_changes')
    .select((all) => all.fn.max('number').as('last'))
    .executeTakeFirstOrThrow();
  const number = (last ?? 0) + 1;
  const { storeId, timeMs, what } = change;
  await rows
    .insertInto('store_changes')
    .values({ number, store_id: storeId, time_ms: timeMs, what })
    .execute();
  await rows
    .updateTable('network')
    .set((all) => ({ stores_tick: all('stores_tick', '+', 1) }))
    .execute();
}

function identityColumns(identity: StoreIdentity) {
  return {
    store_id: identity.storeId,
    public_key: identity.publicKey,
    suite: identity.suite,
    inventory_epoch: identity.inventoryEpoch,
    city: identity.place.city,
    lat: identity.place.lat,
    lon: identity.place.lon,
    power_area: identity.place.powerArea,
  };
}

function standingColumns(store: StoreRegistration) {
  return {
    location: store.location,
    base_risk: store.baseRisk,
    free_bytes: store.freeBytes,
    minimum_level: store.minimumLevel ?? LOWEST_LEVEL,
    ...serviceColumns(store.service),
  };
}

function serviceColumns(service: StoreService | undefined) {
  return {
    kind: service?.kind ?? 'folder',
    reader_address: service?.readerAddress ?? null,
    line_mbit: service?.lineMbit ?? null,
    capacity_bytes: service?.capacityBytes ?? null,
    rank: service?.rank ?? 0,
    operator: service?.operator ?? null,
  } as const;
}

function describeStore(row: StoresTable): PlacementStore {
  return {
    identity: {
      storeId: row.store_id,
      publicKey: row.public_key,
      suite: row.suite,
      place: { city: row.city, lat: row.lat, lon: row.lon, powerArea: row.power_area },
      inventoryEpoch: row.inventory_epoch,
    },
    state: row.state,
    ...(row.away_since_ms === null ? {} : { awaySinceMs: row.away_since_ms }),
    ...(row.is_held === 0 ? {} : { isHeld: true }),
    location: row.location,
    baseRisk: row.base_risk,
    freeBytes: row.free_bytes,
    minimumLevel: row.minimum_level,
  };
}
