// Receipts of snapshots in the tables, as they were given out, and the log that they are in. A receipt stays when its
// snapshot is forgotten, because the log does not forget.
import { type SnapshotId, toHex } from '@kura/base';
import type { CustodyReceipt, SnapshotHead } from '@kura/contract';
import { hashEntry, receiptLeaf } from '@kura/log';
import type { MemberRows } from '../db/tables.ts';
import { appendLogEntry } from './log-entries.ts';
import type { LogSigner } from './log-key.ts';

/** Appends the leaf of this receipt and signs the new head. */
export async function appendReceipt(
  { rows, memberId }: MemberRows,
  receipt: { readonly head: SnapshotHead; readonly body: string },
  signer: LogSigner,
): Promise<CustodyReceipt> {
  const { head: snapshot, body } = receipt;
  const entryHash = hashEntry(receiptLeaf(body, snapshot.leafSalt));
  const { leafIndex, checkpoint, ...proof } = await appendLogEntry(rows, entryHash, signer);
  const inclusionProof = proof.inclusionProof.map(toHex);
  await rows
    .insertInto('receipts')
    .values({
      member_id: memberId,
      snapshot_id: snapshot.snapshotId,
      leaf_index: leafIndex,
      log_origin: signer.origin,
      body,
      inclusion_proof: inclusionProof.join(' '),
      checkpoint,
    })
    .execute();
  return { body, leafIndex, inclusionProof, checkpoint, witnessed: false };
}

export async function readReceipt(
  { rows, memberId }: MemberRows,
  snapshotId: SnapshotId,
): Promise<CustodyReceipt | undefined> {
  const row = await rows
    .selectFrom('receipts')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('snapshot_id', '=', snapshotId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    body: row.body,
    leafIndex: row.leaf_index,
    inclusionProof: row.inclusion_proof === '' ? [] : row.inclusion_proof.split(' '),
    checkpoint: row.checkpoint,
    witnessed: false,
  };
}
