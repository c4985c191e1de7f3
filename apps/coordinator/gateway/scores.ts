// How stores have done lately, for all gateways: a store that failed is ranked down for a while, and is forgiven
// with time.
import { HOUR_MS, type StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';

/** Failures count half after this long. */
const HALF_LIFE_MS = HOUR_MS;
/** One failure counts for about an hour, ten for more than four. */
const DEMOTED_FROM = 0.5;

interface Score {
  readonly failures: number;
  readonly last_ms: number;
}

function faded({ failures, last_ms }: Score, nowMs: number): number {
  return failures * 0.5 ** (Math.abs(nowMs - last_ms) / HALF_LIFE_MS);
}

/** Stores that are asked only if nothing else is left. */
export async function demotedStores(rows: Rows, nowMs: number): Promise<ReadonlySet<StoreId>> {
  const scores = await rows.selectFrom('store_scores').selectAll().execute();
  const low = scores.filter((score) => faded(score, nowMs) >= DEMOTED_FROM);
  return new Set(low.map((score) => score.store_id));
}

export async function noteFailure(rows: Rows, storeId: StoreId, nowMs: number): Promise<void> {
  const known = await rows
    .selectFrom('store_scores')
    .selectAll()
    .where('store_id', '=', storeId)
    .executeTakeFirst();
  const before = known === undefined ? 0 : faded(known, nowMs);
  const columns = { failures: before + 1, last_ms: nowMs };
  await rows
    .insertInto('store_scores')
    .values({ store_id: storeId, ...columns })
    .onConflict((same) => same.column('store_id').doUpdateSet(columns))
    .execute();
}
