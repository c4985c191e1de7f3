// The last of the tables' part in removal: the rows go before the bytes do. A kill after this leaves
// copies without rows, which the next prune finds on the shelves. The id stays known for ever.
import { KuraError, type PackId } from '@kura/base';
import { batches } from '../db/batches.ts';
import type { Rows } from '../db/tables.ts';

/** `refused` for a pack that was not condemned; what is gone already is fine. */
export async function dropPacks(
  rows: Rows,
  packs: readonly PackId[],
  nowMs: number,
): Promise<void> {
  for (const batch of batches(packs)) {
    const found = await rows
      .selectFrom('packs')
      .select(['pack_id', 'state'])
      .where('pack_id', 'in', batch)
      .execute();
    const standing = found.find((row) => row.state !== 'destroying');
    if (standing !== undefined) {
      throw new KuraError('refused', `pack ${standing.pack_id} was not condemned`);
    }
    if (found.length === 0) continue;
    await rows.deleteFrom('copies').where('pack_id', 'in', batch).execute();
    await rows.deleteFrom('packs').where('pack_id', 'in', batch).execute();
    await rows
      .insertInto('dropped_packs')
      .values(found.map((row) => ({ pack_id: row.pack_id, dropped_ms: nowMs })))
      .execute();
  }
}
