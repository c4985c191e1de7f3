// Takes in what a store tells of its own check. A copy that the store has healed is noted and costs it nothing; one
// that it could not heal opens an incident, so that it is repaired from elsewhere: telling is still better than
// being found.
import { DAY_MS, type StoreId } from '@kura/base';
import { openScrubReport, type ScrubNews } from '@kura/contract';
import type { Rows } from '../db/tables.ts';
import { openIncident } from '../incidents/open-incident.ts';

/** Longer than any question about it is asked. */
const KEPT_MS = 400 * DAY_MS;

export interface ReportedScrub {
  readonly storeId: StoreId;
  readonly storeKey: Uint8Array;
  readonly signed: Uint8Array;
  readonly nowMs: number;
}

/** The number up to which its findings are known here now. Throws `refused` unless the store signed it. */
export async function noteScrubReport(rows: Rows, reported: ReportedScrub): Promise<number> {
  const { storeId, nowMs } = reported;
  const report = openScrubReport(reported.signed, reported);
  const columns = {
    told_ms: nowMs,
    round_ms: report.roundMs,
    whole_round_ms: report.wholeRoundMs,
    copies_read: report.copiesRead,
    bytes_read: report.bytesRead,
    medium_errors: report.mediumErrors,
  };
  await rows
    .insertInto('scrub_reports')
    .values({ store_id: storeId, ...columns })
    .onConflict((conflict) => conflict.column('store_id').doUpdateSet(columns))
    .execute();
  await noteNews(rows, reported, report.news);
  return report.news.at(-1)?.number ?? 0;
}

/** Of copies that no row names nothing is noted: whose they are, nobody could say. */
async function noteNews(
  rows: Rows,
  { storeId, signed, nowMs }: ReportedScrub,
  news: readonly ScrubNews[],
): Promise<void> {
  if (news.length === 0) return;
  const named = news.map(({ copyId }) => copyId);
  const copies = await rows
    .selectFrom('copies')
    .select(['copy_id', 'member_id', 'pack_id', 'state'])
    .where('store_id', '=', storeId)
    .where('copy_id', 'in', named)
    .execute();
  const known = new Map(copies.map((copy) => [copy.copy_id, copy]));
  for (const one of news) {
    const copy = known.get(one.copyId);
    if (copy === undefined) continue;
    const isNew = await insertFinding(rows, { storeId, signed, nowMs }, one);
    if (!isNew || one.state !== 'damaged' || copy.state !== 'held') continue;
    await openIncident(
      { rows, memberId: copy.member_id },
      {
        ...{ storeId, packId: copy.pack_id, copyId: one.copyId, source: 'scrub', leaves: [] },
        class: one.unreadableLeaves > 0 ? 'unreadable' : 'wrong',
        timeMs: nowMs,
        answer: signed,
      },
    );
  }
  await rows
    .deleteFrom('scrub_findings')
    .where('store_id', '=', storeId)
    .where('told_ms', '<', nowMs - KEPT_MS)
    .execute();
}

/** False if it was told before: a store tells until it has been heard. */
async function insertFinding(
  rows: Rows,
  { storeId, signed, nowMs }: Pick<ReportedScrub, 'storeId' | 'signed' | 'nowMs'>,
  news: ScrubNews,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows: inserted } = await rows
    .insertInto('scrub_findings')
    .values({
      ...{ store_id: storeId, copy_id: news.copyId, found_ms: news.foundMs, state: news.state },
      ...{ wrong_leaves: news.wrongLeaves, unreadable_leaves: news.unreadableLeaves },
      ...{ foreign_leaves: news.foreignLeaves, errno: news.errno ?? null },
      ...{ told_ms: nowMs, signed },
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(inserted ?? 0) > 0;
}
