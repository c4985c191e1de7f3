// What an owner has consented to: the newest consent of each member, until a withdrawal that is as young.
import { KuraError } from '@kura/base';
import { openClosingConsent, openClosingWithdrawal } from '@kura/contract';
import type { ClosingConsentsTable } from '../db/closing-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { ownerKeyOf } from '../warrants/order.ts';

export interface KeptConsent {
  /** As the owner signed it. */
  readonly consent: Uint8Array;
  readonly days: number;
  readonly signedMs: number;
}

/** Throws `refused` unless this owner signed it, for this member, after the last withdrawal. */
export async function keepConsent(of: MemberRows, signed: Uint8Array): Promise<void> {
  const { rows, memberId } = of;
  const consent = openClosingConsent(signed, await ownerKeyOf(of));
  if (consent.memberId !== memberId) refuseStrange();
  const before = await readRow(of);
  if (consent.timeMs <= (before?.withdrawn_ms ?? 0)) {
    throw new KuraError('refused', 'this consent is older than its withdrawal', {
      guidance: 'Set the clock of the device, and consent again.',
      context: { reason: 'revoked' },
    });
  }
  const { days, timeMs: signed_ms } = consent;
  const columns = { consent: signed, days, signed_ms };
  await rows
    .insertInto('closing_consents')
    .values({ ...{ member_id: memberId, withdrawal: null, withdrawn_ms: null }, ...columns })
    .onConflict((same) => same.column('member_id').doUpdateSet(columns))
    .execute();
}

/** Throws `refused` unless this owner signed it, for this member. An older one changes nothing. */
export async function keepWithdrawal(of: MemberRows, signed: Uint8Array): Promise<void> {
  const { rows, memberId } = of;
  const { timeMs, memberId: named } = openClosingWithdrawal(signed, await ownerKeyOf(of));
  if (named !== memberId) refuseStrange();
  const before = await readRow(of);
  if (timeMs < (before?.withdrawn_ms ?? 0)) return;
  if (timeMs < (before?.signed_ms ?? 0)) {
    throw new KuraError('refused', 'this withdrawal is older than the consent', {
      guidance: 'Set the clock of the device, and take it back again.',
      context: { reason: 'older' },
    });
  }
  const none = { consent: null, days: null, signed_ms: null };
  const columns = { ...none, withdrawal: signed, withdrawn_ms: timeMs };
  await rows
    .insertInto('closing_consents')
    .values({ member_id: memberId, ...columns })
    .onConflict((same) => same.column('member_id').doUpdateSet(columns))
    .execute();
}

/** Undefined for who has signed none, or has taken it back. */
export async function readConsent(of: MemberRows): Promise<KeptConsent | undefined> {
  const row = await readRow(of);
  if (row?.consent == null || row.days === null || row.signed_ms === null) return undefined;
  return { consent: row.consent, days: row.days, signedMs: row.signed_ms };
}

async function readRow({ rows, memberId }: MemberRows): Promise<ClosingConsentsTable | undefined> {
  return rows
    .selectFrom('closing_consents')
    .selectAll()
    .where('member_id', '=', memberId)
    .executeTakeFirst();
}

function refuseStrange(): never {
  throw new KuraError('refused', 'it is of another member', { context: { reason: 'key' } });
}
