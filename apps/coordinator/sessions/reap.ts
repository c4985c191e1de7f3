// Sessions of all members whose time is over: in an embedded network whoever looks removes the dead, in a service
// somebody has to look.
import type { MemberId } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import type { Processes } from './processes.ts';
import { livingSessions, SESSION_LEASE_MS } from './sessions.ts';

/** Members of one step: a transaction stays short. */
const MAX_MEMBERS = 100;

/** Resolves to the members that had one. */
export async function reapSessions(
  rows: Rows,
  { processes, nowMs }: { readonly processes: Processes; readonly nowMs: number },
): Promise<readonly MemberId[]> {
  const late = await rows
    .selectFrom('sessions')
    .select('member_id')
    .distinct()
    .where((any) =>
      any.or([
        any('renewed_ms', '<', nowMs - SESSION_LEASE_MS),
        any('renewed_ms', '>', nowMs + SESSION_LEASE_MS),
      ]),
    )
    .limit(MAX_MEMBERS)
    .execute();
  const members = late.map((row) => row.member_id);
  for (const memberId of members) {
    await livingSessions({ rows, memberId, processes, worker: processes.self, nowMs });
  }
  return members;
}
