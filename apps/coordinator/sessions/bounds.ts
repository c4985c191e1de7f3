// How many sessions a member of a service may have: every one is a row that prune waits for, and another that stays
// in the journal for good.
import { DAY_MS, HOUR_MS, KuraError, MINUTE_MS } from '@kura/base';
import { type LeaseContext, livingSessions } from './sessions.ts';

/** Alive at once, of all devices. */
export const MAX_SESSIONS = 16;
/** Begun within one day: a backup every five minutes from three devices. More would be a program in a loop. */
export const MAX_SESSIONS_A_DAY = 1000;

/** Throws `busy`. */
export async function refuseTooMany(context: LeaseContext): Promise<void> {
  const living = await livingSessions(context);
  if (living.length >= MAX_SESSIONS) {
    throw new KuraError('busy', `${living.length} sessions of this member are running`, {
      guidance: 'Wait until some have ended; one whose device is gone ends by itself.',
      context: { retryMs: MINUTE_MS },
    });
  }
  if ((await oldestOfMost(context)) === undefined) return;
  throw new KuraError('busy', `${MAX_SESSIONS_A_DAY} sessions have begun within a day`, {
    guidance: 'Look for a program that begins them in a loop.',
    context: { retryMs: HOUR_MS },
  });
}

/** Undefined if fewer have begun within a day. */
async function oldestOfMost({ rows, memberId, nowMs }: LeaseContext): Promise<number | undefined> {
  const row = await rows
    .selectFrom('journal')
    .select('began_ms')
    .where('member_id', '=', memberId)
    .orderBy('began_at', 'desc')
    .offset(MAX_SESSIONS_A_DAY - 1)
    .limit(1)
    .executeTakeFirst();
  if (row === undefined || Math.abs(nowMs - row.began_ms) >= DAY_MS) return undefined;
  return row.began_ms;
}
