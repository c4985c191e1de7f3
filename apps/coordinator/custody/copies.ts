// One copy at a time: its state after a check, a repaired or added one, and one that goes.
import { KuraError, type PackId, type StoreId } from '@kura/base';
import type { CopyState, PackRow, StoredCopy } from '@kura/contract';
import type { Rows } from '../db/tables.ts';
import { readStores } from '../stores/stores.ts';
import { heldCopies, readPack } from './read-packs.ts';
import { checkCopy, copyColumns } from './record-packs.ts';

export async function setCopyState(
  rows: Rows,
  copy: { readonly packId: PackId; readonly storeId: StoreId },
  state: CopyState,
): Promise<void> {
  const { numUpdatedRows } = await rows
    .updateTable('copies')
    .set({ state })
    .where('pack_id', '=', copy.packId)
    .where('store_id', '=', copy.storeId)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw noCopy(copy.packId, copy.storeId);
}

/** A repaired copy takes the place of the old one; a pack that is being destroyed gets none. */
export async function addCopy(rows: Rows, packId: PackId, copy: StoredCopy): Promise<void> {
  const pack = await mustHavePack(rows, packId);
  if (pack.state === 'destroying') {
    throw new KuraError('refused', `pack ${packId} is being destroyed`);
  }
  checkCopy(copy, pack.leafCount, await readStores(rows));
  const columns = copyColumns(packId, copy);
  await rows
    .insertInto('copies')
    .values(columns)
    .onConflict((same) => same.columns(['pack_id', 'store_id']).doUpdateSet(columns))
    .execute();
}

/** Row D13: a good copy goes only if enough others stay. */
export async function dropCopy(
  rows: Rows,
  copy: { readonly packId: PackId; readonly storeId: StoreId },
  minimumCopies: number,
): Promise<void> {
  const { packId, storeId } = copy;
  const pack = await mustHavePack(rows, packId);
  const known = pack.copies.find((row) => row.storeId === storeId);
  if (known === undefined) throw noCopy(packId, storeId);
  if (known.state === 'held' && heldCopies(pack).length <= minimumCopies) {
    throw new KuraError('refused', `pack ${packId} would have fewer than ${minimumCopies} copies`, {
      guidance: 'Add a copy elsewhere first.',
    });
  }
  await rows
    .deleteFrom('copies')
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .execute();
}

async function mustHavePack(rows: Rows, packId: PackId): Promise<PackRow> {
  const pack = await readPack(rows, packId);
  if (pack !== undefined) return pack;
  throw new KuraError('not_found', `pack ${packId} is not known here`);
}

function noCopy(packId: PackId, storeId: StoreId): KuraError {
  return new KuraError('not_found', `no copy of pack ${packId} is known on store ${storeId}`);
}
