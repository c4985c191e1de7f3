// Stores that have stopped saying that they are there: they are not chosen any more, and are tried last for
// reading, until their next heartbeat.
import { MINUTE_MS, type StoreId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import { setStoreState } from './stores.ts';

/** Six heartbeats. */
export const MISSED_MS = MINUTE_MS;

/** Resolves to those that are newly missed. A store that never spoke is missed from its start on. */
export async function noteMissedStores(rows: Rows, nowMs: number): Promise<readonly StoreId[]> {
  const active = await rows
    .selectFrom('stores')
    .select(['store_id', 'seen_ms'])
    .where('state', '=', 'active')
    .where('kind', '!=', 'folder')
    .execute();
  const missed = active.filter(({ seen_ms: seenMs }) => nowMs - (seenMs ?? 0) > MISSED_MS);
  for (const { store_id: storeId } of missed) {
    await setStoreState(rows, storeId, { state: 'unreachable', nowMs });
  }
  return missed.map((row) => row.store_id);
}
