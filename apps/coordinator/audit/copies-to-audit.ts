// The copies that audits look at, as rows: held, of packs that are not being destroyed, at stores that are not
// given up.
import type { CopyId, MemberId, PackId, StoreId } from '@kura/base';
import { sql } from 'kysely';
import type { Rows } from '../db/tables.ts';
import type { SlotPlace } from './calendar.ts';
import type { CopyToAudit } from './outcome.ts';
import { SLOT_DIGITS, slotPrefix } from './plan/rounds.ts';

/** Copies of one page of a store. */
const PAGE_COPIES = 10_000;

interface CopyColumns {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
  readonly copy_id: CopyId;
  readonly root: Uint8Array;
  readonly leaf_count: number;
}

function auditable(rows: Rows) {
  return rows
    .selectFrom('copies')
    .innerJoin('packs', (join) =>
      join
        .onRef('packs.member_id', '=', 'copies.member_id')
        .onRef('packs.pack_id', '=', 'copies.pack_id'),
    )
    .innerJoin('stores', 'stores.store_id', 'copies.store_id')
    .where('copies.state', '=', 'held')
    .where('packs.state', '!=', 'destroying')
    .where('stores.state', '!=', 'lost');
}

const COLUMNS = [
  'copies.member_id',
  'copies.pack_id',
  'copies.store_id',
  'copies.copy_id',
  'copies.root',
  'packs.leaf_count',
] as const;

function copyOf(row: CopyColumns): CopyToAudit {
  return {
    memberId: row.member_id,
    packId: row.pack_id,
    storeId: row.store_id,
    copyId: row.copy_id,
    root: row.root,
    leafCount: row.leaf_count,
  };
}

export interface PackToAudit {
  readonly memberId: MemberId;
  readonly packId: PackId;
}

export interface PacksWanted {
  /** The slot itself, not its place in the round. */
  readonly slot: number;
  readonly after: SlotPlace['after'];
  readonly limit: number;
}

/** Slots with at least one pack: reads the ids of all, which is less than asking for every slot. */
export async function occupiedSlots(rows: Rows): Promise<ReadonlySet<number>> {
  const prefix = sql<string>`substr(pack_id, 1, ${sql.lit(SLOT_DIGITS)})`;
  const found = await rows.selectFrom('packs').select(prefix.as('prefix')).distinct().execute();
  return new Set(found.map((row) => Number.parseInt(row.prefix, 16)));
}

/** For a `where`: rows of these packs, of a table or of `table` among several. At most a few hundred. */
export function ofPacks(packs: readonly PackToAudit[], table?: 'packs') {
  const of = table === undefined ? sql`` : sql`${sql.ref(table)}.`;
  const named = packs.map(({ memberId, packId }) => sql`(${memberId}, ${packId})`);
  return sql<boolean>`(${of}member_id, ${of}pack_id) in (values ${sql.join(named)})`;
}

/** The next packs of a slot, by their ids. */
export async function packsOfSlot(
  rows: Rows,
  { slot, after, limit }: PacksWanted,
): Promise<readonly PackToAudit[]> {
  const prefix = slotPrefix(slot);
  let query = rows
    .selectFrom('packs')
    .select(['member_id', 'pack_id'])
    .where('pack_id', '>=', prefix as PackId)
    // "g" comes behind every digit.
    .where('pack_id', '<', `${prefix}g` as PackId)
    .where('state', '!=', 'destroying')
    .orderBy('pack_id')
    .orderBy('member_id')
    .limit(limit);
  if (after !== undefined) {
    const { packId, memberId } = after;
    query = query.where((is) =>
      is.or([
        is('pack_id', '>', packId),
        is.and([is('pack_id', '=', packId), is('member_id', '>', memberId)]),
      ]),
    );
  }
  const packs = await query.execute();
  return packs.map((row) => ({ memberId: row.member_id, packId: row.pack_id }));
}

export async function copiesOfPack(rows: Rows, pack: PackToAudit): Promise<readonly CopyToAudit[]> {
  const [copies = []] = await copiesOfPacks(rows, [pack]);
  return copies;
}

/** Of each pack, in the order of `packs`. */
export async function copiesOfPacks(
  rows: Rows,
  packs: readonly PackToAudit[],
): Promise<readonly (readonly CopyToAudit[])[]> {
  if (packs.length === 0) return [];
  const found = await auditable(rows)
    .select(COLUMNS)
    .where(ofPacks(packs, 'packs'))
    .orderBy('copies.store_id')
    .execute();
  const byPack = Map.groupBy(found.map(copyOf), nameOf);
  return packs.map((pack) => byPack.get(nameOf(pack)) ?? []);
}

/** Of a pack among those of all members. */
export function nameOf({ memberId, packId }: PackToAudit): string {
  return `${memberId} ${packId}`;
}

/** All copies at one store, in the order of their members and packs. */
export async function* copiesAtStore(
  rows: Rows,
  storeId: StoreId,
): AsyncGenerator<readonly CopyToAudit[]> {
  let last: CopyToAudit | undefined;
  for (;;) {
    let query = auditable(rows)
      .select(COLUMNS)
      .where('copies.store_id', '=', storeId)
      .orderBy('copies.member_id')
      .orderBy('copies.pack_id')
      .limit(PAGE_COPIES);
    if (last !== undefined) {
      const { memberId, packId } = last;
      query = query.where((is) =>
        is.or([
          is('copies.member_id', '>', memberId),
          is.and([is('copies.member_id', '=', memberId), is('copies.pack_id', '>', packId)]),
        ]),
      );
    }
    const page = (await query.execute()).map(copyOf);
    if (page.length > 0) yield page;
    if (page.length < PAGE_COPIES) return;
    last = page.at(-1);
  }
}

export async function leavesAtStore(rows: Rows, storeId: StoreId): Promise<number> {
  const { leaves } = await auditable(rows)
    .select((all) => all.fn.sum<number | string | null>('packs.leaf_count').as('leaves'))
    .where('copies.store_id', '=', storeId)
    .executeTakeFirstOrThrow();
  return Number(leaves ?? 0);
}

/** What is fetched from a store when every pack is fetched once: of n copies each one time in n. */
export async function ledLeavesAtStore(rows: Rows, storeId: StoreId): Promise<number> {
  const copies = sql`(select count(*) from copies as other where other.state = 'held'
    and other.member_id = copies.member_id and other.pack_id = copies.pack_id)`;
  const { leaves } = await auditable(rows)
    .select(sql<number | null>`sum(1.0 * packs.leaf_count / ${copies})`.as('leaves'))
    .where('copies.store_id', '=', storeId)
    .executeTakeFirstOrThrow();
  return Number(leaves ?? 0);
}
