// The rows of an ordered removal, kept until the first store is told: with them it can be taken back.
import { hash } from 'node:crypto';
import { must, type PackId, PackIds, type StoreId, toHex } from '@kura/base';
import { packSetRoot } from '../custody/commit-snapshot.ts';
import { batches, nextTick } from '../db/batches.ts';
import type { RemovedCopiesTable } from '../db/removal-tables.ts';
import type { MemberRows } from '../db/tables.ts';

export interface NewRemoval {
  readonly packs: readonly PackId[];
  readonly warrants: readonly { readonly warrantId: string; readonly storeId: StoreId }[];
  readonly orderedMs: number;
  readonly dueMs: number;
  /** Of an operator's closing; default: an order of the owner. */
  readonly closingId?: string;
}

const ID_DIGITS = 32;

/** Before the rows of the packs go. Resolves to the removal's id. */
export async function setAside(of: MemberRows, removal: NewRemoval): Promise<string> {
  const { rows, memberId } = of;
  const ids = removal.warrants.map(({ warrantId }) => warrantId).sort();
  const removalId = hash('sha256', ids.join(' '), 'hex').slice(0, ID_DIGITS);
  let leaves = 0;
  for (const batch of batches(removal.packs)) leaves += await keepPacks(of, batch, removalId);
  await rows
    .insertInto('removals')
    .values({
      ...{ member_id: memberId, removal_id: removalId, state: 'waiting', leaves },
      ...{ ordered_ms: removal.orderedMs, due_ms: removal.dueMs, ended_ms: null },
      closing_id: removal.closingId ?? null,
      ordered_at: await nextTick(of),
      packs: removal.packs.length,
      pack_set_root: toHex(packSetRoot(must(PackIds.of(removal.packs), 'each pack once'))),
    })
    .execute();
  const told = {
    member_id: memberId,
    removal_id: removalId,
    confirmed_ms: null,
    confirmation: null,
  };
  const stores = removal.warrants.map(({ warrantId, storeId }) => ({
    ...{ ...told, store_id: storeId, warrant_id: warrantId },
  }));
  for (const batch of batches(stores)) {
    await rows.insertInto('removal_stores').values(batch).execute();
  }
  return removalId;
}

/** Resolves to how many leaves they have. */
async function keepPacks(
  { rows, memberId }: MemberRows,
  packs: readonly PackId[],
  removalId: string,
): Promise<number> {
  const found = await rows
    .selectFrom('packs')
    .select(['pack_id', 'leaf_count', 'recorded_ms', 'device_id', 'session_id'])
    .where('member_id', '=', memberId)
    .where('pack_id', 'in', packs)
    .execute();
  const kept = found.map((row) => ({ ...row, member_id: memberId, removal_id: removalId }));
  if (kept.length > 0) await rows.insertInto('removed_packs').values(kept).execute();
  const copies = await rows
    .selectFrom('copies')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('pack_id', 'in', packs)
    .execute();
  const keptCopies = copies.map((row): RemovedCopiesTable => ({ ...row, removal_id: removalId }));
  for (const batch of batches(keptCopies)) {
    await rows.insertInto('removed_copies').values(batch).execute();
  }
  return found.reduce((sum, row) => sum + row.leaf_count, 0);
}
