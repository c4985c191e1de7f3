// Stores at which a member's copies are under a key of the member's own, from the time when the network was embedded:
// one row each, made once, so that whatever has read it may remember it.
import { equalBytes, KuraError, type StoreId } from '@kura/base';
import type { Noting } from '../custody/log-events.ts';
import { noteCopyKey } from '../custody/note-key-change.ts';
import type { MemberRows } from '../db/tables.ts';
import { mustKnow, readStores } from '../stores/stores.ts';

/**
 * From now on this member's copies at this store are under `copyKey` (32 bytes), and the member goes by the member id
 * there. Throws `not_found`, or `already_exists` if something was saved there under the network's own key.
 */
export async function adoptStore(
  of: MemberRows,
  { storeId, copyKey }: { readonly storeId: StoreId; readonly copyKey: Uint8Array },
  noting: Noting,
): Promise<void> {
  const { rows, memberId } = of;
  mustKnow(await readStores(rows), storeId);
  const row = await rows
    .selectFrom('store_members')
    .select(['pseudonym', 'copy_key'])
    .where('store_id', '=', storeId)
    .where('member_id', '=', memberId)
    .executeTakeFirst();
  if (row === undefined) {
    await insert(of, storeId, copyKey);
    return await noteCopyKey(of, { storeId, copyKey }, noting);
  }
  const isSame = row.copy_key !== null && equalBytes(row.copy_key, copyKey);
  if (isSame && row.pseudonym === memberId) return;
  throw new KuraError('already_exists', `store ${storeId} knows this member under another key`, {
    guidance: 'Adopt before anything is saved through the network.',
    context: { reason: 'adopted', store: storeId },
  });
}

async function insert(
  { rows, memberId }: MemberRows,
  storeId: StoreId,
  copyKey: Uint8Array,
): Promise<void> {
  const names = { store_id: storeId, member_id: memberId };
  // The store's own record knows the owner: no admission is handed over.
  const row = { ...names, pseudonym: memberId, copy_key: copyKey, admission: null };
  await rows.insertInto('store_members').values(row).execute();
  // A grant from before names a pseudonym that no copy there has: the next one under its serial does.
  await rows
    .updateTable('grants')
    .set({ pseudonym: memberId })
    .where('member_id', '=', memberId)
    .where('store_id', '=', storeId)
    .execute();
}

/** Store → copy key, of those that this member has adopted. */
export async function adoptedKeys({
  rows,
  memberId,
}: MemberRows): Promise<ReadonlyMap<StoreId, Uint8Array>> {
  const all = await rows
    .selectFrom('store_members')
    .select(['store_id', 'copy_key'])
    .where('member_id', '=', memberId)
    .execute();
  return new Map(
    all.flatMap(({ store_id: storeId, copy_key: key }) => (key === null ? [] : [[storeId, key]])),
  );
}
