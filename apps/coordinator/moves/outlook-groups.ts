// Packs of one member by where they lie and where copies are on their way to: one row per set of stores, counted by
// the database, so that a million packs are looked at without a million rows in memory.
import { type MemberId, must, type PackId } from '@kura/base';
import { type RawBuilder, sql } from 'kysely';
import { COMING_STEPS } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';

/** Ids of stores, ascending, separated by commas; null: none. */
interface StoreSets {
  readonly held: string | null;
  readonly coming: string | null;
}

export interface SetRow extends StoreSets {
  readonly packs: number;
  readonly leaves: number;
  /** When a copy of one of them was last added or retired; null: never. */
  readonly movedMs: number | null;
}

/** One row per pack that stands or is marked, with its sets. */
function packSets(memberId: MemberId, isMoving: boolean): RawBuilder<unknown> {
  const steps = sql.join(COMING_STEPS.map((step) => sql.lit(step)));
  // Most members have nothing on its way: their packs need not be looked up there.
  const coming = isMoving
    ? sql`(select string_agg(m.store_id, ',' order by m.store_id) from move_packs m
         where m.member_id = p.member_id and m.pack_id = p.pack_id and m.step in (${steps}))`
    : sql`cast(null as text)`;
  return sql`
    select p.pack_id, p.leaf_count, p.moved_ms,
      (select string_agg(c.store_id, ',' order by c.store_id) from copies c
         where c.member_id = p.member_id and c.pack_id = p.pack_id and c.state = 'held') as held,
      ${coming} as coming
    from packs p where p.member_id = ${memberId} and p.state <> 'destroying'`;
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

export async function readSets(rows: Rows, memberId: MemberId): Promise<readonly SetRow[]> {
  const packs = packSets(memberId, await isMoving(rows, memberId));
  const { rows: found } = await sql<{
    readonly held: string | null;
    readonly coming: string | null;
    readonly packs: number | string;
    readonly leaves: number | string;
    readonly moved: number | string | null;
  }>`
    select held, coming, count(*) as packs, sum(leaf_count) as leaves, max(moved_ms) as moved
    from (${packs}) as each_pack
    group by held, coming order by held, coming`.execute(rows);
  return found.map(({ held, coming, packs: count, leaves, moved }) => ({
    held,
    coming,
    packs: Number(count),
    leaves: Number(leaves),
    movedMs: moved === null ? null : Number(moved),
  }));
}

export interface SomePacks {
  readonly memberId: MemberId;
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
  { memberId, sets, first, count }: SomePacks,
): Promise<readonly FoundPack[]> {
  const { held, coming } = sets;
  const packs = packSets(memberId, coming !== null || (await isMoving(rows, memberId)));
  const { rows: found } = await sql<{ readonly pack_id: PackId; readonly leaf_count: number }>`
    select pack_id, leaf_count from (${packs}) as each_pack
    where held is not distinct from ${held} and coming is not distinct from ${coming}
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
