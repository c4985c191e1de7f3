// Packs of one member by where they lie and where copies are on their way to: one row per set of stores, counted by
// the database, so that a million packs are looked at without a million rows in memory.
import { type MemberId, must, type PackId } from '@kura/base';
import { type RawBuilder, sql } from 'kysely';
import { COMING_STEPS } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';

/** Numbers of stores (`stores.number`), ascending, separated by commas; null: none. */
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
function packSets(memberId: MemberId): RawBuilder<unknown> {
  const coming = sql.join(COMING_STEPS.map((step) => sql.lit(step)));
  return sql`
    select p.pack_id, p.leaf_count, p.moved_ms,
      (select string_agg(cast(s.number as text), ',' order by s.number)
         from copies c join stores s on s.store_id = c.store_id
         where c.member_id = p.member_id and c.pack_id = p.pack_id and c.state = 'held') as held,
      (select string_agg(cast(s.number as text), ',' order by s.number)
         from move_packs m join stores s on s.store_id = m.store_id
         where m.member_id = p.member_id and m.pack_id = p.pack_id
           and m.step in (${coming})) as coming
    from packs p where p.member_id = ${memberId} and p.state <> 'destroying'`;
}

export async function readSets(rows: Rows, memberId: MemberId): Promise<readonly SetRow[]> {
  const { rows: found } = await sql<{
    readonly held: string | null;
    readonly coming: string | null;
    readonly packs: number | string;
    readonly leaves: number | string;
    readonly moved: number | string | null;
  }>`
    select held, coming, count(*) as packs, sum(leaf_count) as leaves, max(moved_ms) as moved
    from (${packSets(memberId)}) as each_pack
    group by held, coming order by held, coming`.execute(rows);
  return found.map(({ held, coming, packs, leaves, moved }) => ({
    held,
    coming,
    packs: Number(packs),
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
  const { rows: found } = await sql<{ readonly pack_id: PackId; readonly leaf_count: number }>`
    select pack_id, leaf_count from (${packSets(memberId)}) as each_pack
    where held is not distinct from ${held} and coming is not distinct from ${coming}
    order by pack_id limit ${count} offset ${first}`.execute(rows);
  return found.map((row) => ({ packId: row.pack_id, leafCount: row.leaf_count }));
}

/** Store numbers of a set as indices; stores that are no longer of the network are left out. */
export function indicesOf(set: string | null, byNumber: ReadonlyMap<number, number>): number[] {
  if (set === null) return [];
  return set
    .split(',')
    .map(Number)
    .filter((number) => byNumber.has(number))
    .map((number) => must(byNumber.get(number), 'a store'));
}
