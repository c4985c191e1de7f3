// Pairs that were made and not asked yet, as rows: a copy has some for the rounds until it is fetched again.
import type { AuditPairsTable } from '../db/audit-tables.ts';
import { batches } from '../db/batches.ts';
import type { Rows } from '../db/tables.ts';
import { ofPacks } from './copies-to-audit.ts';
import type { CopyToAudit } from './outcome.ts';
import type { MadePair } from './pairs.ts';

/** A pair is of the copy under this name: another key is another copy. */
export type CopyOfPair = Omit<CopyToAudit, 'leafCount' | 'root'>;

export interface PairsOfCopy {
  readonly pairs: readonly MadePair[];
  readonly nowMs: number;
}

function rowsOf(
  { memberId, packId, storeId, copyId }: CopyOfPair,
  { pairs, nowMs }: PairsOfCopy,
): readonly AuditPairsTable[] {
  const copy = { member_id: memberId, pack_id: packId, store_id: storeId, copy_id: copyId };
  return pairs.map(({ pairId, answerHash }) => {
    return { ...copy, pair_id: pairId, answer_hash: answerHash, made_ms: nowMs };
  });
}

/** In place of those that are left from before. */
export async function keepPairs(rows: Rows, copy: CopyOfPair, made: PairsOfCopy): Promise<void> {
  const { memberId, packId, storeId } = copy;
  await rows
    .deleteFrom('audit_pairs')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .execute();
  await rows.insertInto('audit_pairs').values(rowsOf(copy, made)).execute();
}

/** Beside those that are left: they were taken, and not sent. */
export async function givePairsBack(
  rows: Rows,
  copy: CopyOfPair,
  made: PairsOfCopy,
): Promise<void> {
  await rows.insertInto('audit_pairs').values(rowsOf(copy, made)).execute();
}

/** Those that nobody will ask any more: of copies that are gone, for the most part. */
export async function dropOldPairs(rows: Rows, beforeMs: number): Promise<void> {
  await rows.deleteFrom('audit_pairs').where('made_ms', '<', beforeMs).execute();
}

/** One of each copy that has some, spent from here on, whatever becomes of the question. */
export async function takePairs<Copy extends CopyOfPair>(
  rows: Rows,
  copies: readonly Copy[],
): Promise<ReadonlyMap<Copy, MadePair>> {
  const taken = new Map<Copy, MadePair>();
  if (copies.length === 0) return taken;
  const found = await rows
    .selectFrom('audit_pairs')
    .select(['pair_id', 'store_id', 'copy_id', 'answer_hash'])
    .where(ofPacks(copies))
    .execute();
  const byCopy = new Map(found.map((row) => [`${row.store_id} ${row.copy_id}`, row]));
  for (const copy of copies) {
    const row = byCopy.get(`${copy.storeId} ${copy.copyId}`);
    if (row !== undefined) taken.set(copy, { pairId: row.pair_id, answerHash: row.answer_hash });
  }
  const spent = [...taken.values()].map(({ pairId }) => pairId);
  for (const batch of batches(spent)) {
    await rows.deleteFrom('audit_pairs').where('pair_id', 'in', batch).execute();
  }
  return taken;
}
