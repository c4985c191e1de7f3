// Validity audits that are due: one for each member and closing day that has come since the last one.
import { DAY_MS, type MemberId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import { closingBefore } from './closing-day.ts';

/** Of one step: each is a row. */
const MAX_OPENED = 500;

export interface ValiditySettings {
  readonly closingDay: number;
  readonly deadlineDays: number;
  readonly objectionDays: number;
}

/** Resolves to how many were opened. */
export async function openDue(
  rows: Rows,
  { closingDay, deadlineDays }: ValiditySettings,
  nowMs: number,
): Promise<number> {
  const untilMs = closingBefore(nowMs, closingDay);
  const due = await rows
    .selectFrom('members')
    .leftJoin('validity_audits as audit', 'audit.member_id', 'members.member_id')
    .select(['members.member_id as memberId', 'members.member_since_ms as sinceMs'])
    .select((all) => [all.fn.max('audit.until_ms').as('lastMs'), all.fn.max('number').as('last')])
    .where('members.state', '!=', 'closed')
    .where('members.member_since_ms', '<', untilMs)
    // Of nothing there is nothing to state.
    .where((all) =>
      all.exists(
        all
          .selectFrom('packs')
          .select('packs.pack_id')
          .whereRef('packs.member_id', '=', 'members.member_id')
          .where('packs.state', '=', 'standing'),
      ),
    )
    .groupBy(['members.member_id', 'members.member_since_ms'])
    .having((all) =>
      all.or([
        all(all.fn.max('audit.until_ms'), 'is', null),
        all(all.fn.max('audit.until_ms'), '<', untilMs),
      ]),
    )
    .orderBy('members.member_id')
    .limit(MAX_OPENED)
    .execute();
  for (const { memberId, sinceMs, lastMs, last } of due) {
    await open(rows, {
      ...{ memberId, number: (last ?? 0) + 1, fromMs: lastMs ?? sinceMs, untilMs, nowMs },
      deadlineMs: nowMs + deadlineDays * DAY_MS,
    });
  }
  return due.length;
}

interface Opening {
  readonly memberId: MemberId;
  readonly number: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly nowMs: number;
  readonly deadlineMs: number;
}

async function open(rows: Rows, opening: Opening): Promise<void> {
  const { memberId, number, fromMs, untilMs, nowMs, deadlineMs } = opening;
  await rows
    .insertInto('validity_audits')
    .values({
      ...{ member_id: memberId, number, from_ms: fromMs, until_ms: untilMs, attempt: 1 },
      ...{ state: 'queueing', began_ms: nowMs, after_pack: null, deadline_ms: deadlineMs },
      ...{ object_until_ms: null, objections: '[]' },
    })
    .execute();
}
