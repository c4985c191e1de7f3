// How long a lease lasts, and when it is over. Times are those of the database's clock.
import { SECOND_MS } from '@kura/base';
import type { LeasesTable } from '../db/service-tables.ts';

export const LEASE_MS = 30 * SECOND_MS;
/** One that ends so far ahead is of a clock that jumped. */
const MAX_AHEAD_MS = 10 * LEASE_MS;

/** Whether anybody may take it. */
export function isOpen(row: Pick<LeasesTable, 'until_ms'> | undefined, nowMs: number): boolean {
  if (row === undefined) return true;
  const leftMs = row.until_ms - nowMs;
  return leftMs <= 0 || leftMs > MAX_AHEAD_MS;
}
