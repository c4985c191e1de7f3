// The heads: which snapshots there are. Forgetting one drops its row; its packs go when a prune finds
// that nothing else needs them.
import type { SnapshotId } from '@kura/base';
import type { SnapshotRow } from '@kura/contract';
import { batches } from '../db/batches.ts';
import type { Rows } from '../db/tables.ts';

/** In the order in which they were committed. */
export async function readSnapshots(rows: Rows): Promise<readonly SnapshotRow[]> {
  const all = await rows.selectFrom('snapshots').selectAll().orderBy('leaf_index').execute();
  return all.map((row) => ({
    snapshotId: row.snapshot_id,
    packId: row.pack_id,
    predecessor: row.predecessor ?? undefined,
    timeMs: row.time_ms,
    leafIndex: row.leaf_index,
  }));
}

/** Row C11. What is forgotten already is fine. */
export async function forgetSnapshots(rows: Rows, ids: readonly SnapshotId[]): Promise<void> {
  for (const batch of batches(ids)) {
    await rows.deleteFrom('snapshots').where('snapshot_id', 'in', batch).execute();
  }
}
