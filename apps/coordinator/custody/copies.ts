// One copy at a time: its state after a check, a repaired or added one, and one that goes.
import { KuraError, type PackId, type StoreId } from '@kura/base';
import type { CopyState, PackRow, StoredCopy } from '@kura/contract';
import { nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { readStores } from '../stores/stores.ts';
import { heldCopies, readPack } from './read-packs.ts';
import { checkCopy, copyColumns } from './record-packs.ts';

export async function setCopyState(
  of: MemberRows,
  copy: { readonly packId: PackId; readonly storeId: StoreId },
  state: CopyState,
): Promise<void> {
  const { numUpdatedRows } = await of.rows
    .updateTable('copies')
    .set({ state })
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', copy.packId)
    .where('store_id', '=', copy.storeId)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw noCopy(copy.packId, copy.storeId);
  await noteChange(of, copy.packId);
}

/** A repaired copy takes the place of the old one; a pack that is being destroyed gets none. */
export async function addCopy(of: MemberRows, packId: PackId, copy: StoredCopy): Promise<void> {
  const { rows, memberId } = of;
  const pack = await mustHavePack(of, packId);
  if (pack.state === 'destroying') {
    throw new KuraError('refused', `pack ${packId} is being destroyed`);
  }
  checkCopy(copy, pack.leafCount, await readStores(rows));
  const columns = copyColumns({ memberId, packId }, copy);
  await rows
    .insertInto('copies')
    .values(columns)
    .onConflict((same) => same.columns(['member_id', 'pack_id', 'store_id']).doUpdateSet(columns))
    .execute();
  await noteChange(of, packId);
}

/** Row D13: a good copy goes only if enough others stay. */
export async function dropCopy(
  of: MemberRows,
  copy: { readonly packId: PackId; readonly storeId: StoreId },
  minimumCopies: number,
): Promise<void> {
  const { packId, storeId } = copy;
  const pack = await mustHavePack(of, packId);
  const known = pack.copies.find((row) => row.storeId === storeId);
  if (known === undefined) throw noCopy(packId, storeId);
  if (known.state === 'held' && heldCopies(pack).length <= minimumCopies) {
    throw new KuraError('refused', `pack ${packId} would have fewer than ${minimumCopies} copies`, {
      guidance: 'Add a copy elsewhere first.',
    });
  }
  await deleteCopy(of, copy);
  await noteChange(of, packId);
}

/** The row alone: whoever calls knows that it may go. */
export async function deleteCopy(
  of: MemberRows,
  { packId, storeId }: { readonly packId: PackId; readonly storeId: StoreId },
): Promise<void> {
  await of.rows
    .deleteFrom('copies')
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .execute();
}

/** Devices ask what changed. */
export async function noteChange(of: MemberRows, packId: PackId): Promise<void> {
  await of.rows
    .updateTable('packs')
    .set({ changed_at: await nextTick(of) })
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', packId)
    .execute();
}

async function mustHavePack(of: MemberRows, packId: PackId): Promise<PackRow> {
  const pack = await readPack(of, packId);
  if (pack !== undefined) return pack;
  throw new KuraError('not_found', `pack ${packId} is not known here`);
}

function noCopy(packId: PackId, storeId: StoreId): KuraError {
  return new KuraError('not_found', `no copy of pack ${packId} is known on store ${storeId}`);
}
