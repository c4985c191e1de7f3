// Packs and their copies as others see them. A copy on a store that is lost counts as lost, whatever
// its own row says: a burnt store is one change, not one per copy.
import { assert, must, type PackId, type StoreId } from '@kura/base';
import type { CopyRow, PackRow, StoreDescription } from '@kura/contract';
import { batches } from '../db/batches.ts';
import type { CopiesTable, MemberRows, PacksTable } from '../db/tables.ts';
import { readStores } from '../stores/stores.ts';

/** Rows of one page; larger pages would hold a connection too long. */
export const MAX_PAGE_PACKS = 10_000;

const PACK_COLUMNS = ['pack_id', 'leaf_count', 'state', 'marked_ms'] as const;
const COPY_COLUMNS = ['pack_id', 'store_id', 'copy_id', 'root', 'state', 'reason'] as const;

type PackColumns = Pick<PacksTable, (typeof PACK_COLUMNS)[number]>;
type CopyColumns = Pick<CopiesTable, (typeof COPY_COLUMNS)[number]>;

export interface Page {
  readonly after: PackId | undefined;
  readonly limit: number;
}

export async function readPacks(
  { rows, memberId }: MemberRows,
  { after, limit }: Page,
): Promise<readonly PackRow[]> {
  assert(limit >= 1 && limit <= MAX_PAGE_PACKS, `a page has 1 to ${MAX_PAGE_PACKS} packs`);
  let query = rows
    .selectFrom('packs')
    .select(PACK_COLUMNS)
    .where('member_id', '=', memberId)
    .orderBy('pack_id')
    .limit(limit);
  if (after !== undefined) query = query.where('pack_id', '>', after);
  const packs = await query.execute();
  const [first, last] = [packs[0], packs.at(-1)];
  if (first === undefined || last === undefined) return [];
  const copies = await rows
    .selectFrom('copies')
    .select(COPY_COLUMNS)
    .where('member_id', '=', memberId)
    .where('pack_id', '>=', first.pack_id)
    .where('pack_id', '<=', last.pack_id)
    .orderBy('pack_id')
    .orderBy('store_id')
    .execute();
  return assemble(packs, copies, await readStores(rows));
}

/** Reads those of a batch of ids that have a row, in no order; stores are as they are now. */
export async function packReader({
  rows,
  memberId,
}: MemberRows): Promise<(batch: readonly PackId[]) => Promise<readonly PackRow[]>> {
  const stores = await readStores(rows);
  return async (batch) => {
    const packs = await rows
      .selectFrom('packs')
      .select(PACK_COLUMNS)
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .execute();
    const copies = await rows
      .selectFrom('copies')
      .select(COPY_COLUMNS)
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .orderBy('store_id')
      .execute();
    return assemble(packs, copies, stores);
  };
}

/** Those of `packIds` that have a row, in no order, a batch at a time. */
export async function* eachPack(
  of: MemberRows,
  packIds: readonly PackId[],
): AsyncGenerator<readonly PackRow[]> {
  const read = await packReader(of);
  for (const batch of batches(packIds)) yield await read(batch);
}

export async function readPack(of: MemberRows, packId: PackId): Promise<PackRow | undefined> {
  for await (const [pack] of eachPack(of, [packId])) return pack;
  return undefined;
}

/** Copies that are where they should be, as far as anybody knows. */
export function heldCopies(pack: PackRow): readonly CopyRow[] {
  return pack.copies.filter((copy) => copy.state === 'held');
}

function assemble(
  packs: readonly PackColumns[],
  copies: readonly CopyColumns[],
  stores: ReadonlyMap<StoreId, StoreDescription>,
): readonly PackRow[] {
  const byPack = new Map<PackId, CopyRow[]>(packs.map((pack) => [pack.pack_id, []]));
  for (const copy of copies) {
    const store = must(stores.get(copy.store_id), 'every copy is on a known store');
    byPack.get(copy.pack_id)?.push({
      storeId: copy.store_id,
      copyId: copy.copy_id,
      root: copy.root,
      state: store.state === 'lost' ? 'lost' : copy.state,
      reason: copy.reason,
    });
  }
  return packs.map((pack) => ({
    packId: pack.pack_id,
    leafCount: pack.leaf_count,
    state: pack.state,
    markedMs: pack.marked_ms ?? undefined,
    copies: byPack.get(pack.pack_id) ?? [],
  }));
}
