// Whether a member's custody may be closed at all: asked before notice is given, each day of it, and once more before
// the first store is told to remove anything.
import { isoTime, KuraError } from '@kura/base';
import type { MemberRows } from '../db/tables.ts';
import { readContract } from '../members/contract.ts';
import { readMember } from '../members/members.ts';
import { isAwaited } from '../returns/awaited.ts';

/** `context.reason` of a refusal, and why a closing that was begun has ended. */
export type ClosingObstacle = 'contract' | 'paid' | 'returns' | 'devices';

export interface Obstacle {
  readonly reason: ClosingObstacle;
  readonly why: string;
}

/** Undefined: nothing stands against it. */
export async function findObstacle(of: MemberRows, nowMs: number): Promise<Obstacle | undefined> {
  const paid = await paidContract(of, nowMs);
  if (paid !== undefined) return paid;
  const contract = await readContract(of, nowMs);
  const isOver = contract?.toMs !== undefined && contract.toMs <= nowMs;
  if ((await readMember(of)).state !== 'closed' && !isOver) {
    return { reason: 'contract', why: 'the membership has not ended' };
  }
  if (await isAwaited(of)) {
    return { reason: 'returns', why: 'the network was rebuilt, and waits for the member’s card' };
  }
  return undefined;
}

/** Throws `refused` with the reason. */
export function refuseFor({ reason, why }: Obstacle): never {
  throw new KuraError('refused', `no notice can be given: ${why}`, { context: { reason } });
}

/** A device is how a member takes it back: without one, nobody else could. */
export async function refuseWithoutDevice({ rows, memberId }: MemberRows): Promise<void> {
  const device = await rows
    .selectFrom('devices')
    .select('device_id')
    .where('member_id', '=', memberId)
    .where('revoked_ms', 'is', null)
    .limit(1)
    .executeTakeFirst();
  if (device !== undefined) return;
  refuseFor({ reason: 'devices', why: 'the member has no device left to take it back with' });
}

async function paidContract(
  { rows, memberId }: MemberRows,
  nowMs: number,
): Promise<Obstacle | undefined> {
  const row = await rows
    .selectFrom('contracts')
    .select(['from_ms', 'paid_until_ms'])
    .where('member_id', '=', memberId)
    .where((all) => all.or([all('from_ms', '>', nowMs), all('paid_until_ms', '>', nowMs)]))
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { from_ms: fromMs, paid_until_ms: paidUntilMs } = row;
  const why =
    fromMs > nowMs || paidUntilMs === null
      ? `a contract begins at ${isoTime(fromMs)}`
      : `the fee is paid until ${isoTime(paidUntilMs)}`;
  return { reason: 'paid', why };
}
