// Long lists in bounded statements, and a member's counter.
import { must } from '@kura/base';
import type { MemberRows } from './tables.ts';

/**
 * Ids in one `where … in` and rows in one insert. Larger: statements near the limit of bound
 * parameters. Smaller: more statements for the same work.
 */
export const BATCH_ROWS = 500;

export function* batches<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += BATCH_ROWS) yield all.slice(at, at + BATCH_ROWS);
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
