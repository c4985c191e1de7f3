// Validity audits as whoever asks may see them: a member its own, an operator how each stands.
import type { MemberId } from '@kura/base';
import type { StatementView, ValidityView } from '@kura/contract/wire/endpoints/validity.ts';
import type { MemberRows, Rows } from '../db/tables.ts';
import type { ValidityAuditsTable } from '../db/validity-tables.ts';
import { countWaits } from './standing.ts';
import { objectionsOf } from './statement.ts';

/** The newest first. `memberId`: undefined of an operator. */
export async function viewValidity(
  rows: Rows,
  { memberId, limit }: { readonly memberId: MemberId | undefined; readonly limit: number },
): Promise<readonly ValidityView[]> {
  let query = rows
    .selectFrom('validity_audits')
    .selectAll()
    .orderBy('until_ms', 'desc')
    .orderBy('member_id')
    .limit(limit);
  if (memberId !== undefined) query = query.where('member_id', '=', memberId);
  const views: ValidityView[] = [];
  for (const audit of await query.execute()) views.push(await viewOf(rows, audit));
  return views;
}

async function viewOf(rows: Rows, audit: ValidityAuditsTable): Promise<ValidityView> {
  const { member_id: memberId, number, attempt, state } = audit;
  const last = await newest({ rows, memberId }, number);
  const isUnderWay = state === 'queueing' || state === 'auditing';
  return {
    ...{ memberId, number, attempt, state, fromMs: audit.from_ms, untilMs: audit.until_ms },
    ...{ beganMs: audit.began_ms, objections: objectionsOf(audit) },
    waiting: isUnderWay ? await countWaits({ rows, memberId }) : 0,
    objectUntilMs: audit.object_until_ms ?? undefined,
    result: last?.result,
    event: last?.event ?? undefined,
  };
}

/** The one that followed the last objection, if there was one. */
export async function readStatement(
  of: MemberRows,
  number: number,
): Promise<StatementView | undefined> {
  const row = await newest(of, number);
  if (row === undefined) return undefined;
  return { statement: row.body, hash: row.body_hash, event: row.event ?? undefined };
}

function newest({ rows, memberId }: MemberRows, number: number) {
  return rows
    .selectFrom('validity_statements')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('number', '=', number)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst();
}
