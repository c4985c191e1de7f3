// All copies of a member become turns of the audits, page by page: each is looked at once more, and waits until it was.
import { HOUR_MS, type PackId } from '@kura/base';
import { copiesOfPacks } from '../audit/copies-to-audit.ts';
import type { Rows } from '../db/tables.ts';
import type { ValidityAuditsTable } from '../db/validity-tables.ts';

/** Packs of one transaction. */
export const PAGE_PACKS = 200;
/** Of the closing day: what comes last has four hours to be looked at within it. */
const SPREAD_MS = 20 * HOUR_MS;
/** The first digits of a pack's id say when. */
const DIGITS = 4;

/** True when the last page was queued. */
export async function queueCopies(rows: Rows, audit: ValidityAuditsTable): Promise<boolean> {
  const { member_id: memberId, number, after_pack: after } = audit;
  let query = rows
    .selectFrom('packs')
    .select('pack_id')
    .where('member_id', '=', memberId)
    .where('state', '!=', 'destroying')
    .orderBy('pack_id')
    .limit(PAGE_PACKS);
  if (after !== null) query = query.where('pack_id', '>', after);
  const packs = (await query.execute()).map(({ pack_id: packId }) => ({ memberId, packId }));
  const copies = (await copiesOfPacks(rows, packs)).flat();
  const waits = copies.map(({ packId, storeId }) => ({
    ...{ member_id: memberId, pack_id: packId, store_id: storeId, kind: 'full-read' as const },
    ...{ excuses: 0, next_ms: dueMs(audit, packId), why: 'its validity is audited' },
  }));
  if (waits.length > 0) {
    await rows
      .insertInto('audit_waits')
      .values(waits)
      // One that waits already has its turn.
      .onConflict((same) => same.doNothing())
      .execute();
  }
  const isLast = packs.length < PAGE_PACKS;
  await rows
    .updateTable('validity_audits')
    .set({ after_pack: packs.at(-1)?.packId ?? after, state: isLast ? 'auditing' : 'queueing' })
    .where('member_id', '=', memberId)
    .where('number', '=', number)
    .execute();
  return isLast;
}

/** Whoever objected does not wait for a day. */
function dueMs({ attempt, began_ms: beganMs }: ValidityAuditsTable, packId: PackId): number {
  if (attempt > 1) return beganMs;
  const place = Number.parseInt(packId.slice(0, DIGITS), 16) / 16 ** DIGITS;
  return beganMs + Math.floor(place * SPREAD_MS);
}
