// The last of the tables' part in removal: the rows go before the bytes do. A kill after this leaves
// copies without rows, which the next prune finds on the shelves. The id stays known for ever.
import { KuraError, type PackId } from '@kura/base';
import { batches, nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { countPacks } from '../members/usage.ts';

/** `refused` for a pack that was not condemned; what is gone already is fine. */
export async function dropPacks(
  of: MemberRows,
  packs: readonly PackId[],
  nowMs: number,
): Promise<void> {
  const { rows, memberId } = of;
  const droppedAt = await nextTick(of);
  for (const batch of batches(packs)) {
    const found = await rows
      .selectFrom('packs')
      .select(['pack_id', 'state', 'leaf_count'])
      .where('member_id', '=', memberId)
      .where('pack_id', 'in', batch)
      .execute();
    const standing = found.find((row) => row.state !== 'destroying');
    if (standing !== undefined) {
      throw new KuraError('refused', `pack ${standing.pack_id} was not condemned`);
    }
    if (found.length === 0) continue;
    for (const table of ['copies', 'packs'] as const) {
      await rows
        .deleteFrom(table)
        .where('member_id', '=', memberId)
        .where('pack_id', 'in', batch)
        .execute();
    }
    await rows
      .insertInto('dropped_packs')
      .values(
        found.map(({ pack_id }) => ({
          member_id: memberId,
          pack_id,
          dropped_ms: nowMs,
          dropped_at: droppedAt,
        })),
      )
      .execute();
    const leaves = found.reduce((sum, row) => sum + row.leaf_count, 0);
    await countPacks(of, { packs: -found.length, leaves: -leaves });
  }
}
