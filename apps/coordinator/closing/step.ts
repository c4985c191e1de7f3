// What the lease `closings` does: looks after notices that run, and orders what is left of those that are over.
import type { MemberId } from '@kura/base';
import type { ClosingsTable } from '../db/closing-tables.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import { isUnfinished } from './carried.ts';
import { endClosing, watchNotice } from './closings.ts';
import { type OrderingRules, orderBatch } from './order.ts';

/** Of one round; those that are younger wait for the next. */
const MAX_CLOSINGS = 100;
/** Batches of one member in a round: others have their turn. */
const MAX_BATCHES = 20;

/** `transact`: each step is one transaction of its own. */
export async function keepClosings(
  transact: <Result>(work: (rows: Rows) => Promise<Result>) => Promise<Result>,
  rules: () => OrderingRules,
): Promise<void> {
  for (const { member_id: memberId, closing_id: id } of await transact(underWay)) {
    for (let count = 0; count < MAX_BATCHES; count++) {
      const isMore = await transact((rows) => stepOf({ rows, memberId }, id, rules()));
      if (!isMore) break;
    }
  }
}

async function underWay(
  rows: Rows,
): Promise<readonly { readonly member_id: MemberId; readonly closing_id: string }[]> {
  return rows
    .selectFrom('closings')
    .select(['member_id', 'closing_id'])
    .where('state', 'in', ['notice', 'ordering', 'carrying'])
    .orderBy('given_ms')
    .limit(MAX_CLOSINGS)
    .execute();
}

/** Resolves to whether there may be more to do at once. */
async function stepOf(of: MemberRows, id: string, rules: OrderingRules): Promise<boolean> {
  const found = await readUnderWay(of, id);
  if (found === undefined) return false;
  const closing = found.state === 'carrying' ? found : await watchNotice(of, found, rules);
  if (closing.state !== 'ordering' && closing.state !== 'carrying') return false;
  if ((await orderBatch(of, closing, rules)) > 0) return true;
  if (!(await isUnfinished(of, id))) {
    await endClosing(of, closing, { state: 'done', nowMs: rules.nowMs });
  }
  return false;
}

async function readUnderWay(
  { rows, memberId }: MemberRows,
  id: string,
): Promise<ClosingsTable | undefined> {
  return rows
    .selectFrom('closings')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('closing_id', '=', id)
    .where('ended_ms', 'is', null)
    .executeTakeFirst();
}
