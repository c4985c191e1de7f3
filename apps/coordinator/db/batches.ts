// Long lists in bounded statements, and the network's counter.
import { must } from '@kura/base';
import type { Rows } from './tables.ts';

/**
 * Ids in one `where … in` and rows in one insert. Larger: statements near the limit of bound
 * parameters. Smaller: more statements for the same work.
 */
export const BATCH_ROWS = 500;

export function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH_ROWS) yield all.slice(at, at + BATCH_ROWS);
}

/** The next number of the network's counter; inside a transaction, so no two are equal. */
export async function nextTick(rows: Rows): Promise<number> {
  const row = await rows
    .updateTable('network')
    .set((all) => ({ ticks: all('ticks', '+', 1) }))
    .returning('ticks')
    .executeTakeFirst();
  return must(row, 'a network has its row').ticks;
}
