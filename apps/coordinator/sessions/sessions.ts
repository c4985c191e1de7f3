// A session says that somebody is working: prune waits for it. It is a lease, not a lock: a session
// whose process is dead, or that has not reported in time, is removed by whoever looks, and nothing is
// ever left to unlock by hand. Removing a living one by mistake loses no data, because a commit checks
// every pack again; the session only has to begin anew.
import { KuraError, MINUTE_MS, type SessionId } from '@kura/base';
import type { SessionKind } from '@kura/contract';
import { nextTick } from '../db/batches.ts';
import type { SessionsTable } from '../db/session-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { tell } from '../inbox/inbox.ts';
import { closeJournal, openJournal, type SessionResult } from './journal.ts';
import type { Processes, ProcessName } from './processes.ts';

/**
 * Longer: a machine that vanished holds up prune for so long. Shorter: a laptop that slept has to begin
 * its backup anew (nothing is sent twice, but everything is looked at again).
 */
export const SESSION_LEASE_MS = 15 * MINUTE_MS;

/** Begins the host of a session whose device is another machine; its id follows. */
export const DEVICE_HOST = 'device:';

/** These rewrite what is stored: one at a time, or two could each trust what the other removes. */
const EXCLUSIVE: ReadonlySet<SessionKind> = new Set<SessionKind>(['prune', 'repair']);

export interface LeaseContext extends MemberRows {
  readonly processes: Processes;
  /** Who asks: the process that a session of this call belongs to. */
  readonly worker: ProcessName;
  readonly nowMs: number;
}

export interface LivingSession {
  readonly sessionId: SessionId;
  readonly kind: SessionKind;
  readonly beganAt: number;
  readonly process: ProcessName;
}

export interface NewSession {
  readonly sessionId: SessionId;
  readonly kind: SessionKind;
}

/**
 * Whether this session lives already, and its device did not hear so. Throws `interrupted` if it has ended, `usage` if
 * it is another's, or of another kind.
 */
export async function hasBegun(
  { rows, memberId, worker }: LeaseContext,
  { sessionId, kind }: NewSession,
): Promise<boolean> {
  const known = await rows
    .selectFrom('journal')
    .leftJoin('sessions', (join) =>
      join
        .onRef('sessions.member_id', '=', 'journal.member_id')
        .onRef('sessions.session_id', '=', 'journal.session_id'),
    )
    .select(['journal.kind', 'sessions.host'])
    .where('journal.member_id', '=', memberId)
    .where('journal.session_id', '=', sessionId)
    .executeTakeFirst();
  if (known === undefined) return false;
  if (known.host === null) {
    throw new KuraError('interrupted', 'this session has ended', {
      guidance: 'Run the command again: what is stored already is not sent again.',
      context: { session: sessionId },
    });
  }
  if (known.host === worker.host && known.kind === kind) return true;
  throw new KuraError('usage', 'another session has this id', { context: { session: sessionId } });
}

export async function beginSession(context: LeaseContext, session: NewSession): Promise<void> {
  const { rows, memberId, worker, nowMs } = context;
  const living = await livingSessions(context);
  const rival = living.find((other) => EXCLUSIVE.has(other.kind));
  if (EXCLUSIVE.has(session.kind) && rival !== undefined) throw busy(rival);
  const beganAt = await nextTick(context);
  const { host, boot, pidSpace, pid, started } = worker;
  await rows
    .insertInto('sessions')
    .values({
      member_id: memberId,
      session_id: session.sessionId,
      kind: session.kind,
      began_at: beganAt,
      renewed_ms: nowMs,
      host,
      boot,
      pid_space: pidSpace,
      pid,
      started,
    })
    .execute();
  await openJournal(context, { ...session, beganAt, beganMs: nowMs });
}

/** Reaps the dead on its way. */
export async function livingSessions(context: LeaseContext): Promise<readonly LivingSession[]> {
  const { rows, memberId } = context;
  const all = await rows
    .selectFrom('sessions')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('began_at')
    .execute();
  const living: LivingSession[] = [];
  for (const row of all) {
    if (isDead(row, context) && !(await isHandedOver(context, row.session_id))) {
      await rows
        .deleteFrom('sessions')
        .where('member_id', '=', memberId)
        .where('session_id', '=', row.session_id)
        .execute();
      await closeJournal(context, row.session_id, { outcome: 'abandoned', figures: {} });
      await tellAbandoned(context, row);
    } else {
      living.push(describe(row));
    }
  }
  return living;
}

/** Row C12: of a backup that ended unseen its member hears; an embedded network has nobody to tell. */
async function tellAbandoned(
  context: LeaseContext,
  { kind, session_id: sessionId, host }: SessionsTable,
): Promise<void> {
  if (kind !== 'backup' || !host.startsWith(DEVICE_HOST)) return;
  const device = host.slice(DEVICE_HOST.length);
  const body = { why: 'the device did not report any more', sessionId, device };
  await tell(context, { kind: 'failed', body, nowMs: context.nowMs });
}

/** Throws `interrupted` if the session was given up; else its lease begins anew. Resolves to its kind. */
export async function renewSession(
  context: Pick<LeaseContext, 'rows' | 'memberId' | 'nowMs'>,
  session: SessionId,
): Promise<SessionKind> {
  const renewed = await context.rows
    .updateTable('sessions')
    .set({ renewed_ms: context.nowMs })
    .where('member_id', '=', context.memberId)
    .where('session_id', '=', session)
    .returning('kind')
    .executeTakeFirst();
  if (renewed !== undefined) return renewed.kind;
  throw new KuraError('interrupted', 'this session did not report for too long and was given up', {
    guidance: 'Run the command again: what is stored already is not sent again.',
    context: { session },
  });
}

/** Ending a session that is gone does nothing. */
export async function endSession(
  context: LeaseContext,
  session: SessionId,
  result: SessionResult,
): Promise<void> {
  const { numDeletedRows } = await context.rows
    .deleteFrom('sessions')
    .where('member_id', '=', context.memberId)
    .where('session_id', '=', session)
    .executeTakeFirstOrThrow();
  if (numDeletedRows > 0n) await closeJournal(context, session, result);
}

/** Its device has hung up, and the network keeps it alive until its packs have their copies. */
async function isHandedOver(
  { rows, memberId }: LeaseContext,
  session: SessionId,
): Promise<boolean> {
  const row = await rows
    .selectFrom('early_commits')
    .select('session_id')
    .where('member_id', '=', memberId)
    .where('session_id', '=', session)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function isDead(row: SessionsTable, { processes, nowMs }: LeaseContext): boolean {
  // A lease from far ahead is of a clock that jumped: it would never end.
  if (Math.abs(nowMs - row.renewed_ms) > SESSION_LEASE_MS) return true;
  return processes.liveness(describe(row).process) === 'dead';
}

function describe(row: SessionsTable): LivingSession {
  const { host, boot, pid_space: pidSpace, pid, started } = row;
  return {
    sessionId: row.session_id,
    kind: row.kind,
    beganAt: row.began_at,
    process: { host, boot, pidSpace, pid, started },
  };
}

function busy(rival: LivingSession): KuraError {
  const { pid, host } = rival.process;
  return new KuraError('busy', `another ${rival.kind} is running (process ${pid} on ${host})`, {
    guidance: 'Wait until it has ended, or end it, and run this again.',
    context: { pid, host, kind: rival.kind },
  });
}
