// A closing from the notice to its end: given by an operator under the owner's consent, stopped by a contract that
// stands, by the operator, or by the owner, who takes the consent back. What is ordered of it: `order.ts`.
import { hash } from 'node:crypto';
import { concatBytes, DAY_MS, isoTime, KuraError, utf8 } from '@kura/base';
import { isNoticeDays, noticeMs } from '@kura/contract';
import { type ClosingsTable, OPEN_CLOSINGS } from '../db/closing-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { type InboxBody, tell } from '../inbox/inbox.ts';
import { bringBack } from '../removal/revoke.ts';
import { keepWithdrawal, readConsent } from './consents.ts';
import { findObstacle, refuseFor, refuseWithoutDevice } from './entitled.ts';
import { forgetNotices, type NoticeSigning, noticeStores, withdrawAtStores } from './notices.ts';

const ID_DIGITS = 32;
/** Before its end the member is told once more. */
const WARNING_MS = 7 * DAY_MS;

export interface NoticeOrder extends NoticeSigning {
  /** Default: those of the consent. */
  readonly days: number | undefined;
  /** Name of the operator. */
  readonly operator: string;
}

/** Throws `refused` with `context.reason`, `usage` for fewer days than consented, `already_exists`. */
export async function giveNotice(of: MemberRows, order: NoticeOrder): Promise<ClosingsTable> {
  const { rows, memberId } = of;
  const { operator, nowMs } = order;
  const obstacle = await findObstacle(of, nowMs);
  if (obstacle !== undefined) refuseFor(obstacle);
  await refuseWithoutDevice(of);
  if ((await openClosing(of)) !== undefined) {
    throw new KuraError('already_exists', 'notice was given to this member already', {
      guidance: 'See: kura operator closings list',
    });
  }
  const { consent, days: least } = (await readConsent(of)) ?? refuseUnconsented();
  const days = order.days ?? least;
  if (days < least || !isNoticeDays(days)) {
    throw new KuraError('usage', `the owner has consented to ${least} days of notice or more`);
  }
  const closing: ClosingsTable = {
    ...{ member_id: memberId, closing_id: idOf(consent, nowMs), state: 'notice', operator },
    ...{ consent, days, given_ms: nowMs, ends_ms: nowMs + noticeMs(days) },
    ...{ warned_ms: null, ended_ms: null, why: null },
  };
  await rows.insertInto('closings').values(closing).execute();
  await noticeStores(of, closing, order);
  await tellOf(of, closing, { nowMs, days, ends: isoTime(closing.ends_ms) });
  return closing;
}

/** The one that can still be taken back. */
export async function openClosing({
  rows,
  memberId,
}: MemberRows): Promise<ClosingsTable | undefined> {
  return rows
    .selectFrom('closings')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('state', 'in', OPEN_CLOSINGS)
    .executeTakeFirst();
}

/** One step of a closing whose notice runs: it ends if something stands against it; a week before, the member hears. */
export async function watchNotice(
  of: MemberRows,
  closing: ClosingsTable,
  signing: NoticeSigning,
): Promise<ClosingsTable> {
  const { nowMs } = signing;
  const obstacle = await findObstacle(of, nowMs);
  if (obstacle !== undefined) {
    return endClosing(of, closing, { state: 'stopped', why: obstacle.why, nowMs });
  }
  await noticeStores(of, closing, signing);
  if (closing.state !== 'notice') return closing;
  if (nowMs >= closing.ends_ms) return change(of, closing, { state: 'ordering' });
  if (closing.warned_ms !== null || nowMs < closing.ends_ms - WARNING_MS) return closing;
  const warned = await change(of, closing, { warned_ms: nowMs });
  await tellOf(of, warned, { nowMs, ends: isoTime(closing.ends_ms) });
  return warned;
}

/** By the owner: the consent goes with it, and every store is told. Throws `refused` unless the owner signed it. */
export async function withdrawConsent(
  of: MemberRows,
  withdrawal: Uint8Array,
  nowMs: number,
): Promise<void> {
  await keepWithdrawal(of, withdrawal);
  const closing = await openClosing(of);
  if (closing !== undefined) await endClosing(of, closing, { state: 'revoked', nowMs });
  await withdrawAtStores(of, withdrawal, nowMs);
}

/** By an operator. Throws `not_found` if there is none that can be taken back. */
export async function stopClosing(
  of: MemberRows,
  { operator, nowMs }: { readonly operator: string; readonly nowMs: number },
): Promise<void> {
  const closing = await openClosing(of);
  if (closing === undefined) {
    throw new KuraError('not_found', 'there is no notice that could be taken back', {
      guidance: 'See: kura operator closings list',
    });
  }
  await endClosing(of, closing, { state: 'stopped', why: `taken back by ${operator}`, nowMs });
}

interface Ending {
  readonly state: 'revoked' | 'stopped' | 'done';
  readonly why?: string;
  readonly nowMs: number;
}

/** Rows that went aside for it come back, unless it is `done`. */
export async function endClosing(
  of: MemberRows,
  closing: ClosingsTable,
  { state, why, nowMs }: Ending,
): Promise<ClosingsTable> {
  const { rows, memberId } = of;
  const removals = await rows
    .selectFrom('removals')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('closing_id', '=', closing.closing_id)
    .where('state', '=', 'waiting')
    .execute();
  for (const removal of removals) await bringBack(of, removal, nowMs);
  await forgetNotices(of);
  const ended = await change(of, closing, { state, ended_ms: nowMs, why: why ?? null });
  await tellOf(of, ended, { nowMs, why: why ?? null });
  return ended;
}

type Change = Partial<Pick<ClosingsTable, 'state' | 'warned_ms' | 'ended_ms' | 'why'>>;

export async function change(
  { rows, memberId }: MemberRows,
  closing: ClosingsTable,
  columns: Change,
): Promise<ClosingsTable> {
  await rows
    .updateTable('closings')
    .set(columns)
    .where('member_id', '=', memberId)
    .where('closing_id', '=', closing.closing_id)
    .execute();
  return { ...closing, ...columns };
}

/** By inbox and mail. */
export async function tellOf(
  of: MemberRows,
  { closing_id: closing, state }: Pick<ClosingsTable, 'closing_id' | 'state'>,
  { nowMs, ...facts }: InboxBody & { readonly nowMs: number },
): Promise<void> {
  await tell(of, { kind: 'contract', body: { closing, state, ...facts }, nowMs });
}

function idOf(consent: Uint8Array, nowMs: number): string {
  const named = concatBytes(consent, utf8(` ${nowMs}`));
  return hash('sha256', named, 'hex').slice(0, ID_DIGITS);
}

function refuseUnconsented(): never {
  throw new KuraError('refused', 'the owner of this member has not consented to a closing', {
    guidance: 'Their copies stay until they remove them: the contract says what that costs.',
    context: { reason: 'consent' },
  });
}
