// Row C12: the member's own journal: when a session ran, how it went, what it counted.
import type { SessionId } from '@kura/base';
import type { SessionKind } from '@kura/contract';
import type { JournalOutcome, MemberRows } from '../db/tables.ts';

/** Numbers and short texts about a session; never a secret, never a file name. */
export type Figures = Readonly<Record<string, number | string | boolean>>;

export interface SessionResult {
  readonly outcome: Exclude<JournalOutcome, 'running'>;
  readonly figures: Figures;
}

export interface JournalEntry {
  readonly sessionId: SessionId;
  readonly kind: SessionKind;
  readonly beganMs: number;
  readonly endedMs: number | undefined;
  /** `abandoned`: the process died, or slept too long. */
  readonly outcome: JournalOutcome;
  readonly figures: Figures;
}

interface Beginning {
  readonly sessionId: SessionId;
  readonly kind: SessionKind;
  readonly beganAt: number;
  readonly beganMs: number;
}

export async function openJournal(
  { rows, memberId }: MemberRows,
  session: Beginning,
): Promise<void> {
  await rows
    .insertInto('journal')
    .values({
      member_id: memberId,
      session_id: session.sessionId,
      kind: session.kind,
      began_at: session.beganAt,
      began_ms: session.beganMs,
      ended_ms: null,
      outcome: 'running',
      figures: '{}',
    })
    .execute();
}

export async function closeJournal(
  { rows, memberId, nowMs }: MemberRows & { readonly nowMs: number },
  session: SessionId,
  { outcome, figures }: SessionResult,
): Promise<void> {
  await rows
    .updateTable('journal')
    .set({ outcome, ended_ms: nowMs, figures: JSON.stringify(figures) })
    .where('member_id', '=', memberId)
    .where('session_id', '=', session)
    .execute();
}

/** The newest first. */
export async function readJournal(
  { rows, memberId }: MemberRows,
  limit: number,
): Promise<readonly JournalEntry[]> {
  const all = await rows
    .selectFrom('journal')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('began_at', 'desc')
    .limit(limit)
    .execute();
  return all.map((row) => ({
    sessionId: row.session_id,
    kind: row.kind,
    beganMs: row.began_ms,
    endedMs: row.ended_ms ?? undefined,
    outcome: row.outcome,
    figures: JSON.parse(row.figures) as Figures,
  }));
}
