// Packs of one member by where they lie and where copies are on their way to: one row per set of stores, counted by
// the database, so that a million packs are looked at without a million rows in memory.
import { type DeviceId, type MemberId, must, type PackId } from '@kura/base';
import { type RawBuilder, sql } from 'kysely';
import { COMING_STEPS } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { PlacedDevices } from './demands.ts';

/** Of stores: ids, ascending, separated by commas; null: none. */
export interface StoreSets {
  readonly held: string | null;
  readonly coming: string | null;
  /** That saved them, if it is not at home. */
  readonly device: DeviceId | null;
}

export interface SetRow extends StoreSets {
  readonly packs: number;
  readonly leaves: number;
  /** When a copy of one of them was last added or retired; null: never. */
  readonly movedMs: number | null;
}

/** Whose packs: of devices that are elsewhere, what they saved is apart from what was saved at home. */
export interface PacksOf {
  readonly memberId: MemberId;
  readonly placed: PlacedDevices;
}

/** One row per pack that stands or is marked, with its sets. */
function packSets({ memberId, placed }: PacksOf, isMoving: boolean): RawBuilder<unknown> {
  const steps = sql.join(COMING_STEPS.map((step) => sql.lit(step)));
  // Most members have nothing on its way: their packs need not be looked up there.
  const coming = isMoving
    ? sql`(select string_agg(m.store_id, ',' order by m.store_id) from move_packs m
         where m.member_id = p.member_id and m.pack_id = p.pack_id and m.step in (${steps}))`
    : NO_TEXT;
  return sql`
    select p.pack_id, p.leaf_count, p.moved_ms, ${deviceOf(placed)} as device,
      (select string_agg(c.store_id, ',' order by c.store_id) from copies c
         where c.member_id = p.member_id and c.pack_id = p.pack_id and c.state = 'held') as held,
      ${coming} as coming
    from packs p where p.member_id = ${memberId} and p.state <> 'destroying'`;
}

const NO_TEXT = sql`cast(null as text)`;

function deviceOf({ ids, only }: PlacedDevices): RawBuilder<unknown> {
  if (ids.length === 0) return NO_TEXT;
  const saver = only === undefined ? sql`p.device_id` : sql`coalesce(p.device_id, ${only})`;
  return sql`case when ${saver} in (${sql.join(ids)}) then ${saver} end`;
}

async function isMoving(rows: Rows, memberId: MemberId): Promise<boolean> {
  const coming = await rows
    .selectFrom('move_packs')
    .select('pack_id')
    .where('member_id', '=', memberId)
    .where('step', 'in', [...COMING_STEPS])
    .limit(1)
    .executeTakeFirst();
  return coming !== undefined;
}

export async function hasPacks(rows: Rows, memberId: MemberId): Promise<boolean> {
  const pack = await rows
    .selectFrom('packs')
    .select('pack_id')
    .where('member_id', '=', memberId)
    .where('state', '<>', 'destroying')
    .limit(1)
    .executeTakeFirst();
  return pack !== undefined;
}

export async function readSets(rows: Rows, of: PacksOf): Promise<readonly SetRow[]> {
  const packs = packSets(of, await isMoving(rows, of.memberId));
  const { rows: found } = await sql<{
    readonly held: string | null;
    readonly coming: string | null;
    readonly device: DeviceId | null;
    readonly packs: number | string;
    readonly leaves: number | string;
    readonly moved: number | string | null;
  }>`
    select held, coming, device, count(*) as packs, sum(leaf_count) as leaves, max(moved_ms) as moved
    from (${packs}) as each_pack
    group by held, coming, device order by held, coming, device`.execute(rows);
  return found.map(({ held, coming, device, packs: count, leaves, moved }) => ({
    held,
    coming,
    device,
    packs: Number(count),
    leaves: Number(leaves),
    movedMs: moved === null ? null : Number(moved),
  }));
}

export interface SomePacks extends PacksOf {
  readonly sets: StoreSets;
  /** In the order of their ids. */
  readonly first: number;
  readonly count: number;
}

export interface FoundPack {
  readonly packId: PackId;
  readonly leafCount: number;
}

/** The packs of a set, as the tables are now: fewer, if some have moved since it was counted. */
export async function packsOfSet(
  rows: Rows,
  { sets, first, count, ...of }: SomePacks,
): Promise<readonly FoundPack[]> {
  const { held, coming, device } = sets;
  const packs = packSets(of, coming !== null || (await isMoving(rows, of.memberId)));
  const { rows: found } = await sql<{ readonly pack_id: PackId; readonly leaf_count: number }>`
    select pack_id, leaf_count from (${packs}) as each_pack
    where held is not distinct from ${held} and coming is not distinct from ${coming}
      and device is not distinct from ${device}
    order by pack_id limit ${count} offset ${first}`.execute(rows);
  return found.map((row) => ({ packId: row.pack_id, leafCount: row.leaf_count }));
}

/** A set as indices; stores that are no longer of the network are left out. */
export function indicesOf(set: string | null, indexOf: ReadonlyMap<string, number>): number[] {
  if (set === null) return [];
  return set
    .split(',')
    .filter((storeId) => indexOf.has(storeId))
    .map((storeId) => must(indexOf.get(storeId), 'a store'));
}
