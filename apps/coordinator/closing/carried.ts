// The end of a closing, from the moment in which a store is about to be told: until then it could be taken back.
import { must, type StoreId } from '@kura/base';
import type { ClosingsTable } from '../db/closing-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { countSnapshots } from '../members/usage.ts';
import { change, endClosing, tellOf } from './closings.ts';
import { findObstacle } from './entitled.ts';

/**
 * In the transaction before a store is told of one of its removals. False: something stands against it now; it has
 * ended, and its rows are back. Heads go: what they need will not be there.
 */
export async function beginClosing(
  of: MemberRows,
  closingId: string,
  nowMs: number,
): Promise<boolean> {
  const closing = await readClosing(of, closingId);
  if (closing.state === 'carrying') return true;
  const obstacle = await findObstacle(of, nowMs);
  if (obstacle !== undefined) {
    await endClosing(of, closing, { state: 'stopped', why: obstacle.why, nowMs });
    return false;
  }
  const { rows, memberId } = of;
  const { numDeletedRows } = await rows
    .deleteFrom('snapshots')
    .where('member_id', '=', memberId)
    .executeTakeFirstOrThrow();
  await countSnapshots(of, -Number(numDeletedRows));
  const carrying = await change(of, closing, { state: 'carrying' });
  await tellOf(of, carrying, { nowMs });
  return true;
}

/** A store has confirmed one of its removals; when all have, and no pack is left, the closing is done. */
export async function noteClosed(
  of: MemberRows,
  closingId: string,
  { storeId, nowMs }: { readonly storeId: StoreId; readonly nowMs: number },
): Promise<void> {
  const closing = await readClosing(of, closingId);
  await tellOf(of, closing, { nowMs, confirmed: storeId });
  if (await isUnfinished(of, closingId)) return;
  await endClosing(of, closing, { state: 'done', nowMs });
}

/** Whether a store has still to confirm, or packs have still to be ordered. */
export async function isUnfinished(
  { rows, memberId }: MemberRows,
  closingId: string,
): Promise<boolean> {
  const removal = await rows
    .selectFrom('removals')
    .select('removal_id')
    .where('member_id', '=', memberId)
    .where('closing_id', '=', closingId)
    .where('state', 'in', ['waiting', 'carrying'])
    .limit(1)
    .executeTakeFirst();
  if (removal !== undefined) return true;
  const pack = await rows
    .selectFrom('packs')
    .select('pack_id')
    .where('member_id', '=', memberId)
    .limit(1)
    .executeTakeFirst();
  return pack !== undefined;
}

async function readClosing({ rows, memberId }: MemberRows, id: string): Promise<ClosingsTable> {
  const row = await rows
    .selectFrom('closings')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('closing_id', '=', id)
    .executeTakeFirst();
  return must(row, 'a removal of a closing that there is');
}
