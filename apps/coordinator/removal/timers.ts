// Forgetting at a date: an order that the owner signed in advance, dated ahead, waits here and is carried out at its
// time, by whoever has the tables, without any device. Until then it can be taken back.
import { hash } from 'node:crypto';
import { KuraError, type MemberId } from '@kura/base';
import { forgetSnapshots, judgeForgetOrder } from '../custody/forget-snapshots.ts';
import type { MemberRows, Rows } from '../db/tables.ts';

/** Orders of one transaction. */
const MAX_ORDERS = 50;
/** Of one member; each names up to 500 snapshots. */
const MAX_TIMERS = 1000;

/** Throws `refused` if the owner did not sign it, or it is for now. The same twice is kept once. */
export async function keepTimedOrder(
  of: MemberRows,
  order: Uint8Array,
  nowMs: number,
): Promise<void> {
  const { rows, memberId } = of;
  const { timeMs: dueMs } = await judgeForgetOrder(of, order);
  if (dueMs <= nowMs) throw new KuraError('refused', 'the term is over before it has begun');
  const { count } = await rows
    .selectFrom('timed_orders')
    .select((all) => all.fn.countAll().as('count'))
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow();
  if (Number(count) >= MAX_TIMERS) {
    throw new KuraError('refused', `a member has at most ${MAX_TIMERS} terms at a time`);
  }
  await rows
    .insertInto('timed_orders')
    .values({
      ...{ member_id: memberId, order_hash: hash('sha256', order, 'hex') },
      ...{ due_ms: dueMs, made_ms: nowMs, body: order },
    })
    .onConflict((same) => same.columns(['member_id', 'order_hash']).doNothing())
    .execute();
}

/** Throws `not_found` for one that is not there any more. */
export async function revokeTimedOrder(
  { rows, memberId }: MemberRows,
  orderHash: string,
): Promise<void> {
  const { numDeletedRows } = await rows
    .deleteFrom('timed_orders')
    .where('member_id', '=', memberId)
    .where('order_hash', '=', orderHash)
    .executeTakeFirstOrThrow();
  if (numDeletedRows > 0n) return;
  throw new KuraError('not_found', 'there is no such term: it is over, or was taken back');
}

/** Those whose time has come, of this one transaction; `memberId` absent: of all members. Resolves to how many. */
export async function carryOutTimedOrders(
  rows: Rows,
  { memberId, nowMs }: { readonly memberId?: MemberId; readonly nowMs: number },
): Promise<number> {
  let query = rows.selectFrom('timed_orders').selectAll().where('due_ms', '<=', nowMs);
  if (memberId !== undefined) query = query.where('member_id', '=', memberId);
  const due = await query.orderBy('due_ms').limit(MAX_ORDERS).execute();
  for (const { member_id, order_hash, body } of due) {
    await forgetSnapshots({ rows, memberId: member_id }, body, nowMs);
    await rows
      .deleteFrom('timed_orders')
      .where('member_id', '=', member_id)
      .where('order_hash', '=', order_hash)
      .execute();
  }
  return due.length;
}
