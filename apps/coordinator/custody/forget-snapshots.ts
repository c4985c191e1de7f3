// Forgetting: heads go by an order that the owner signed, and the order stays for every device that misses them
// (docs/design/heads.md). Packs go when a prune finds that nothing else needs them.
import { hash } from 'node:crypto';
import { DAY_MS, KuraError } from '@kura/base';
import { type ForgetOrder, type KeptOrder, openForgetOrder, readForgetOrder } from '@kura/contract';
import { nextTick } from '../db/batches.ts';
import type { MemberRows } from '../db/tables.ts';
import { readOwnerKey } from '../members/members.ts';
import { countSnapshots } from '../members/usage.ts';
import { setHeadsAside } from '../removal/forgotten.ts';

/** What is dated further ahead is no order for now: a wrong clock, or a term (`removal/timers.ts`). */
const MAX_AHEAD_MS = DAY_MS;

/** Row C11. What is forgotten already is fine; `refused` if the owner did not sign it. */
export async function forgetSnapshots(
  of: MemberRows,
  order: Uint8Array,
  nowMs: number,
): Promise<void> {
  const { snapshots, timeMs } = await judgeForgetOrder(of, order);
  if (timeMs > nowMs + MAX_AHEAD_MS) {
    throw new KuraError('refused', 'the order to forget is dated ahead', {
      guidance: 'Set the clock of the device, or give the snapshots a term: kura forget --at.',
      context: { reason: 'clock' },
    });
  }
  await setHeadsAside(of, snapshots, nowMs);
  const { numDeletedRows } = await of.rows
    .deleteFrom('snapshots')
    .where('member_id', '=', of.memberId)
    .where('snapshot_id', 'in', snapshots)
    .executeTakeFirstOrThrow();
  await countSnapshots(of, -Number(numDeletedRows));
  await of.rows
    .insertInto('forget_orders')
    .values({
      member_id: of.memberId,
      number: await nextTick(of),
      order_hash: hash('sha256', order, 'hex'),
      time_ms: nowMs,
      body: order,
    })
    .onConflict((same) => same.columns(['member_id', 'order_hash']).doNothing())
    .execute();
}

export async function readForgetOrders(
  { rows, memberId }: MemberRows,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<readonly KeptOrder[]> {
  const kept = await rows
    .selectFrom('forget_orders')
    .select(['number', 'body'])
    .where('member_id', '=', memberId)
    .where('number', '>', after)
    .orderBy('number')
    .limit(limit)
    .execute();
  return kept.map(({ number, body }) => ({ number, order: body }));
}

/** In an embedded network no owner's key is in the tables: whoever writes them is the owner. */
export async function judgeForgetOrder(of: MemberRows, order: Uint8Array): Promise<ForgetOrder> {
  const { memberId } = of;
  const ownerKey = await readOwnerKey(of);
  if (ownerKey !== undefined) return openForgetOrder(order, { memberId, ownerKey });
  const read = readForgetOrder(order);
  if (read.memberId === memberId) return read;
  throw new KuraError('refused', 'the order to forget is of another member');
}
