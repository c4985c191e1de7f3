// When a snapshot was last proved restorable: its member's own word, dated by the coordinator. One row per snapshot.
import { KuraError } from '@kura/base';
import type { KeptProof, RestoreProof } from '@kura/contract';
import type { MemberRows } from '../db/tables.ts';

export async function noteProof(
  { rows, memberId }: MemberRows,
  proof: RestoreProof,
  nowMs: number,
): Promise<void> {
  const { snapshotId, files, bytes, totalFiles, totalBytes } = proof;
  const head = await rows
    .selectFrom('snapshots')
    .select('snapshot_id')
    .where('member_id', '=', memberId)
    .where('snapshot_id', '=', snapshotId)
    .executeTakeFirst();
  if (head === undefined) {
    throw new KuraError('not_found', `snapshot ${snapshotId} is not known here`);
  }
  const figures = { files, bytes, total_files: totalFiles, total_bytes: totalBytes };
  const columns = { proved_ms: nowMs, ...figures };
  await rows
    .insertInto('restore_proofs')
    .values({ member_id: memberId, snapshot_id: snapshotId, ...columns })
    .onConflict((same) => same.columns(['member_id', 'snapshot_id']).doUpdateSet(columns))
    .execute();
}

/** Of snapshots that stand, by their places in the log. */
export async function readProofs(
  { rows, memberId }: MemberRows,
  { fromLeaf, limit }: { readonly fromLeaf: number; readonly limit: number },
): Promise<readonly (KeptProof & { readonly leafIndex: number })[]> {
  const kept = await rows
    .selectFrom('snapshots')
    .innerJoin('restore_proofs', (join) =>
      join
        .onRef('restore_proofs.member_id', '=', 'snapshots.member_id')
        .onRef('restore_proofs.snapshot_id', '=', 'snapshots.snapshot_id'),
    )
    .select([
      'snapshots.leaf_index',
      'snapshots.snapshot_id',
      'proved_ms',
      'files',
      'bytes',
      'total_files',
      'total_bytes',
    ])
    .where('snapshots.member_id', '=', memberId)
    .where('snapshots.leaf_index', '>=', fromLeaf)
    .orderBy('snapshots.leaf_index')
    .limit(limit)
    .execute();
  return kept.map((row) => ({
    leafIndex: row.leaf_index,
    snapshotId: row.snapshot_id,
    provedMs: row.proved_ms,
    files: row.files,
    bytes: row.bytes,
    totalFiles: row.total_files,
    totalBytes: row.total_bytes,
  }));
}
