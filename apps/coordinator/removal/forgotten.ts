// Heads that were forgotten: their rows stay aside while all their packs are there, so that a slip can be mended.
import type { SnapshotId } from '@kura/base';
import { batches, nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';

/** Before their rows go. A second order for one that is aside gives up what was kept of it. */
export async function setHeadsAside(
  of: MemberRows,
  snapshots: readonly SnapshotId[],
  nowMs: number,
): Promise<void> {
  const { rows, memberId } = of;
  for (const batch of batches(snapshots)) {
    const heads = await rows
      .selectFrom('snapshots')
      .selectAll()
      .where('member_id', '=', memberId)
      .where('snapshot_id', 'in', batch)
      .execute();
    const standing = new Set(heads.map((head) => head.snapshot_id));
    const again = batch.filter((id) => !standing.has(id));
    if (again.length > 0) {
      await rows
        .deleteFrom('forgotten_snapshots')
        .where('member_id', '=', memberId)
        .where('snapshot_id', 'in', again)
        .execute();
    }
    if (heads.length === 0) continue;
    const forgotten_at = await nextTick(of);
    await rows
      .insertInto('forgotten_snapshots')
      .values(
        heads.map(({ committed_at: _, ...head }) => ({
          ...{ ...head, forgotten_ms: nowMs, forgotten_at },
        })),
      )
      .execute();
  }
}

/** Packs that these needed may be gone now. `beforeTick`: of those that were forgotten before it; default all. */
export async function dropHeadsAside(
  { rows, memberId }: MemberRows,
  beforeTick?: number,
): Promise<void> {
  let gone = rows.deleteFrom('forgotten_snapshots').where('member_id', '=', memberId);
  if (beforeTick !== undefined) gone = gone.where('forgotten_at', '<', beforeTick);
  await gone.execute();
}
