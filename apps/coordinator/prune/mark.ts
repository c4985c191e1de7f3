// First phase of removal: a mark says that a prune saw no use for a pack. Whoever finds one takes the
// mark away, and the pack was never in danger. An old mark stays old: the longer it stood unrescued, the
// fewer sessions can still know the pack from before it.
import type { PackId } from '@kura/base';
import { batches, nextTick } from '../db/batches.ts';
import type { Rows } from '../db/tables.ts';

export async function markPacks(
  rows: Rows,
  packs: readonly PackId[],
  nowMs: number,
): Promise<void> {
  const markedAt = await nextTick(rows);
  for (const batch of batches(packs)) {
    await rows
      .updateTable('packs')
      .set({ state: 'marked', marked_at: markedAt, marked_ms: nowMs })
      .where('pack_id', 'in', batch)
      .where('state', '=', 'standing')
      .execute();
  }
}

export async function unmarkPacks(rows: Rows, packs: readonly PackId[]): Promise<void> {
  for (const batch of batches(packs)) {
    await rows
      .updateTable('packs')
      .set({ state: 'standing', marked_at: null, marked_ms: null })
      .where('pack_id', 'in', batch)
      .where('state', '=', 'marked')
      .execute();
  }
}

/** False: it is being destroyed, or gone already. */
export async function rescuePack(rows: Rows, packId: PackId): Promise<boolean> {
  await unmarkPacks(rows, [packId]);
  const pack = await rows
    .selectFrom('packs')
    .select('state')
    .where('pack_id', '=', packId)
    .executeTakeFirst();
  return pack?.state === 'standing';
}
