// A member objects to a statement: all is audited once more, at once, and another statement follows.
import { KuraError } from '@kura/base';
import type { MemberRows } from '../db/tables.ts';
import { objectionsOf } from './statement.ts';

/** To one statement; what follows the last is final. */
export const MAX_OBJECTIONS = 3;

export interface Objecting {
  readonly number: number;
  readonly text: string;
  readonly nowMs: number;
}

/** Throws `not_found`, or `refused` while there is nothing to object to, and when it is too late. */
export async function objectTo(
  { rows, memberId }: MemberRows,
  { number, text, nowMs }: Objecting,
): Promise<void> {
  const audit = await rows
    .selectFrom('validity_audits')
    .selectAll()
    .where('member_id', '=', memberId)
    .where('number', '=', number)
    .executeTakeFirst();
  if (audit === undefined) {
    throw new KuraError('not_found', `there is no statement ${number}`, {
      guidance: 'See `kura audit validity`.',
    });
  }
  const isOpen = audit.state === 'issued' && nowMs < (audit.object_until_ms ?? 0);
  if (!isOpen) throw notNow(number, audit.state === 'queueing' || audit.state === 'auditing');
  const objections = [...objectionsOf(audit), { madeMs: nowMs, text }];
  await rows
    .updateTable('validity_audits')
    .set({
      ...{ state: 'queueing', attempt: audit.attempt + 1, began_ms: nowMs, after_pack: null },
      deadline_ms: nowMs + (audit.deadline_ms - audit.began_ms),
      ...{ object_until_ms: null, objections: JSON.stringify(objections) },
    })
    .where('member_id', '=', memberId)
    .where('number', '=', number)
    .execute();
}

function notNow(number: number, isUnderWay: boolean): KuraError {
  const why = isUnderWay ? 'is being looked into' : 'is closed';
  return new KuraError('refused', `statement ${number} ${why}`, {
    guidance: isUnderWay
      ? 'Wait for the statement; your inbox says when it is there.'
      : 'Look for yourself: kura audit --mine, kura check.',
  });
}
