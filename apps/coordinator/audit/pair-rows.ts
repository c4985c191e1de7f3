// Pairs that were made and not asked yet, as rows: a copy has some for the rounds until it is fetched again.
import type { Rows } from '../db/tables.ts';
import type { CopyToAudit } from './outcome.ts';
import type { MadePair } from './pairs.ts';

/** A pair is of the copy under this name: another key is another copy. */
export type CopyOfPair = Omit<CopyToAudit, 'leafCount' | 'root'>;

/** In place of those that are left from before. */
export async function keepPairs(
  rows: Rows,
  { memberId, packId, storeId, copyId }: CopyOfPair,
  { pairs, nowMs }: { readonly pairs: readonly MadePair[]; readonly nowMs: number },
): Promise<void> {
  const copy = { member_id: memberId, pack_id: packId, store_id: storeId, copy_id: copyId };
  await rows
    .deleteFrom('audit_pairs')
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .execute();
  const made = pairs.map(({ pairId, answerHash }) => {
    return { ...copy, pair_id: pairId, answer_hash: answerHash, made_ms: nowMs };
  });
  await rows.insertInto('audit_pairs').values(made).execute();
}

/** Spent from here on, whatever becomes of the question. Undefined: there is none. */
export async function takePair(
  rows: Rows,
  { memberId, packId, storeId, copyId }: CopyOfPair,
): Promise<MadePair | undefined> {
  const row = await rows
    .selectFrom('audit_pairs')
    .select(['pair_id', 'answer_hash'])
    .where('member_id', '=', memberId)
    .where('pack_id', '=', packId)
    .where('store_id', '=', storeId)
    .where('copy_id', '=', copyId)
    .orderBy('pair_id')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  await rows.deleteFrom('audit_pairs').where('pair_id', '=', row.pair_id).execute();
  return { pairId: row.pair_id, answerHash: row.answer_hash };
}
