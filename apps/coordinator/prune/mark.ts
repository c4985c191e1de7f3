// First phase of removal: a mark says that a prune saw no use for a pack. Whoever finds one takes the
// mark away, and the pack was never in danger. An old mark stays old: the longer it stood unrescued, the
// fewer sessions can still know the pack from before it.
import type { PackId } from '@kura/base';
import { batches, nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';

export async function markPacks(
  of: MemberRows,
  packs: readonly PackId[],
  nowMs: number,
): Promise<void> {
  const markedAt = await nextTick(of);
  for (const batch of batches(packs)) {
    await of.rows
      .updateTable('packs')
      .set({ state: 'marked', marked_at: markedAt, marked_ms: nowMs, changed_at: markedAt })
      .where('member_id', '=', of.memberId)
      .where('pack_id', 'in', batch)
      .where('state', '=', 'standing')
      .execute();
  }
}

export async function unmarkPacks(of: MemberRows, packs: readonly PackId[]): Promise<void> {
  if (packs.length === 0) return;
  const changedAt = await nextTick(of);
  for (const batch of batches(packs)) {
    await of.rows
      .updateTable('packs')
      .set({ state: 'standing', marked_at: null, marked_ms: null, changed_at: changedAt })
      .where('member_id', '=', of.memberId)
      .where('pack_id', 'in', batch)
      .where('state', '=', 'marked')
      .execute();
  }
}

/** False: it is being destroyed, or gone already. */
export async function rescuePack(of: MemberRows, packId: PackId): Promise<boolean> {
  await unmarkPacks(of, [packId]);
  const pack = await of.rows
    .selectFrom('packs')
    .select('state')
    .where('member_id', '=', of.memberId)
    .where('pack_id', '=', packId)
    .executeTakeFirst();
  return pack?.state === 'standing';
}
