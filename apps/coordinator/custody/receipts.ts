// The receipts log in the tables: leaves, the frontier with its signed checkpoint, and every receipt as
// it was given out. A receipt stays when its snapshot is forgotten, because the log does not forget.
import { equalBytes, fromHex, KuraError, must, type SnapshotId, toHex } from '@kura/base';
import type { CustodyReceipt, SnapshotHead } from '@kura/contract';
import { hashEntry, openCheckpoint, receiptLeaf, signCheckpoint } from '@kura/log';
import type { MemberRows, Rows } from '../db/tables.ts';
import {
  appendLeaf,
  decodePeaks,
  EMPTY_FRONTIER,
  encodePeaks,
  type Frontier,
  headOf,
} from './log-frontier.ts';
import type { LogSigner } from './log-key.ts';

/** Appends the leaf of this receipt and signs the new head. */
export async function appendReceipt(
  { rows, memberId }: MemberRows,
  receipt: { readonly head: SnapshotHead; readonly body: string },
  signer: LogSigner,
): Promise<CustodyReceipt> {
  const { head: snapshot, body } = receipt;
  const entryHash = hashEntry(receiptLeaf(body, snapshot.leafSalt));
  const appended = appendLeaf(await readFrontier(rows, signer), entryHash);
  const { frontier, leafIndex, head } = appended;
  const checkpoint = signCheckpoint(
    { origin: signer.origin, size: frontier.size, head },
    signer.seed,
  );
  const inclusionProof = appended.inclusionProof.map(toHex);
  await rows
    .insertInto('log_entries')
    .values({ leaf_index: leafIndex, entry_hash: entryHash })
    .execute();
  await writeFrontier(rows, frontier, checkpoint);
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

export interface LogView {
  readonly size: number;
  /** The newest signed head; undefined for an empty log. */
  readonly checkpoint: string | undefined;
  /** 32 bytes each, concatenated: `MerkleTree.fromEntryHashes` makes every proof from them. */
  readonly entryHashes: Uint8Array;
}

export async function readLog(rows: Rows): Promise<LogView> {
  const state = await rows.selectFrom('log_frontier').selectAll().executeTakeFirst();
  const entries = await rows
    .selectFrom('log_entries')
    .select('entry_hash')
    .orderBy('leaf_index')
    .execute();
  const entryHashes = fromHex(entries.map((entry) => toHex(entry.entry_hash)).join(''));
  return { size: entries.length, checkpoint: state?.checkpoint, entryHashes };
}

/** The frontier, which must be the one that was signed last: a log is never continued from a guess. */
async function readFrontier(rows: Rows, signer: LogSigner): Promise<Frontier> {
  const row = await rows.selectFrom('log_frontier').selectAll().executeTakeFirst();
  if (row === undefined) return EMPTY_FRONTIER;
  const frontier = decodePeaks(row.size, row.peaks);
  const signed = openCheckpoint(row.checkpoint, signer);
  const isSigned = signed.size === row.size && frontier !== undefined;
  if (!isSigned || !equalBytes(headOf(must(frontier, 'checked')), signed.head)) {
    throw new KuraError('corrupt', 'the receipts log is not the one that was signed last', {
      guidance: 'Keep the receipts, move the tables away and run `kura recover`.',
    });
  }
  return frontier;
}

async function writeFrontier(rows: Rows, frontier: Frontier, checkpoint: string): Promise<void> {
  const columns = { size: frontier.size, peaks: encodePeaks(frontier), checkpoint };
  await rows
    .insertInto('log_frontier')
    .values({ number: 1, ...columns })
    .onConflict((same) => same.column('number').doUpdateSet(columns))
    .execute();
}
