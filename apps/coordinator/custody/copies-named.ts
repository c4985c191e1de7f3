// A member's copies by their own names: what tickets and warrants speak of.
import { type CopyId, KuraError, type PackId, type StoreId } from '@kura/base';
import { batches } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';

export interface NamedCopy {
  readonly storeId: StoreId;
  readonly copyId: CopyId;
}

/** Pack of each copy; copies that are not this member's, or not at that store, are left out. */
export async function packsOfCopies(
  { rows, memberId }: MemberRows,
  copies: readonly NamedCopy[],
): Promise<ReadonlyMap<CopyId, PackId>> {
  const found = new Map<CopyId, PackId>();
  const places = new Map(copies.map(({ copyId, storeId }) => [copyId, storeId]));
  for (const batch of batches([...places.keys()])) {
    const known = await rows
      .selectFrom('copies')
      .select(['pack_id', 'store_id', 'copy_id'])
      .where('member_id', '=', memberId)
      .where('copy_id', 'in', batch)
      .execute();
    for (const row of known) {
      if (places.get(row.copy_id) === row.store_id) found.set(row.copy_id, row.pack_id);
    }
  }
  return found;
}

/** Throws `refused` unless every one is a copy of this member at that store. */
export async function refuseForeignCopies(
  of: MemberRows,
  copies: readonly NamedCopy[],
): Promise<ReadonlyMap<CopyId, PackId>> {
  const known = await packsOfCopies(of, copies);
  const foreign = copies.find(({ copyId }) => !known.has(copyId));
  if (foreign === undefined) return known;
  throw new KuraError('refused', `copy ${foreign.copyId} is none of this member's`, {
    context: { reason: 'copy', copyId: foreign.copyId },
  });
}
