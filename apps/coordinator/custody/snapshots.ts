// The heads: which snapshots there are.
import type { SnapshotRow } from '@kura/contract';
import type { MemberRows, SnapshotsTable } from '../db/tables.ts';

/** In the order in which they were committed. */
export async function readSnapshots(of: MemberRows): Promise<readonly SnapshotRow[]> {
  return asRows(await snapshotsOf(of).orderBy('committed_at').execute());
}

/** A page in the order of their leaves, from this leaf on. */
export async function readSnapshotPage(
  of: MemberRows,
  { fromLeaf, limit }: { readonly fromLeaf: number; readonly limit: number },
): Promise<readonly SnapshotRow[]> {
  const page = snapshotsOf(of).where('leaf_index', '>=', fromLeaf).orderBy('leaf_index');
  return asRows(await page.limit(limit).execute());
}

function snapshotsOf({ rows, memberId }: MemberRows) {
  return rows.selectFrom('snapshots').selectAll().where('member_id', '=', memberId);
}

function asRows(rows: readonly SnapshotsTable[]): readonly SnapshotRow[] {
  return rows.map((row) => ({
    snapshotId: row.snapshot_id,
    packId: row.pack_id,
    predecessor: row.predecessor ?? undefined,
    timeMs: row.time_ms,
    leafIndex: row.leaf_index,
    loggedMs: row.logged_ms ?? undefined,
  }));
}
