// Long lists in bounded statements, and a member's counter.
import { must } from '@kura/base';
import type { MemberRows } from './tables.ts';

/**
 * Ids in one `where … in` and rows in one insert. Larger: statements near the limit of bound
 * parameters. Smaller: more statements for the same work.
 */
export const BATCH_ROWS = 500;

export function* batches<T>(all: Iterable<T>): Generator<readonly T[]> {
  let batch: T[] = [];
  for (const one of all) {
    batch.push(one);
    if (batch.length < BATCH_ROWS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** The next number of the member's counter; inside a transaction, so no two are equal. */
export async function nextTick({ rows, memberId }: MemberRows): Promise<number> {
  const row = await rows
    .updateTable('members')
    .set((all) => ({ ticks: all('ticks', '+', 1) }))
    .where('member_id', '=', memberId)
    .returning('ticks')
    .executeTakeFirst();
  return must(row, 'a member has its row').ticks;
}
