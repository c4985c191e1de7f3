// Row C12: the member's own journal: when a session ran, how it went, what it counted.
import type { SessionId, StoreId } from '@kura/base';
import type { SessionKind } from '@kura/contract';
import { batches } from '../db/batches.ts';
import type { JournalOutcome } from '../db/session-tables.ts';
import type { MemberRows } from '../db/tables.ts';

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
  /** What it was about: only its member opens it. */
  readonly line: Uint8Array | undefined;
  /** Where the packs that it wrote lie now. */
  readonly places: readonly SessionPlace[];
}

export interface SessionPlace {
  readonly storeId: StoreId;
  /** Held, at least one. */
  readonly copies: number;
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
      line: null,
    })
    .execute();
}

export async function closeJournal(
  { rows, memberId, nowMs }: MemberRows & { readonly nowMs: number },
  session: SessionId,
  { outcome, figures }: SessionResult,
): Promise<void> {
  const isEmpty = Object.keys(figures).length === 0;
  await rows
    .updateTable('journal')
    .set({ outcome, ended_ms: nowMs, ...(isEmpty ? {} : { figures: JSON.stringify(figures) }) })
    .where('member_id', '=', memberId)
    .where('session_id', '=', session)
    .execute();
}

/** What is known before the end; figures of the end, if there are any, take their place. */
export async function noteFigures(
  { rows, memberId }: MemberRows,
  session: SessionId,
  figures: Figures,
): Promise<void> {
  await rows
    .updateTable('journal')
    .set({ figures: JSON.stringify(figures) })
    .where('member_id', '=', memberId)
    .where('session_id', '=', session)
    .execute();
}

/** In place of a line before; of a session that has ended, nothing happens. */
export async function noteLine(
  { rows, memberId }: MemberRows,
  session: SessionId,
  line: Uint8Array,
): Promise<void> {
  await rows
    .updateTable('journal')
    .set({ line })
    .where('member_id', '=', memberId)
    .where('session_id', '=', session)
    .where('outcome', '=', 'running')
    .execute();
}

/** The newest first. */
export async function readJournal(of: MemberRows, limit: number): Promise<readonly JournalEntry[]> {
  const { rows, memberId } = of;
  const all = await rows
    .selectFrom('journal')
    .selectAll()
    .where('member_id', '=', memberId)
    .orderBy('began_at', 'desc')
    .limit(limit)
    .execute();
  const places = await placesOf(
    of,
    all.map((row) => row.session_id),
  );
  return all.map((row) => ({
    line: row.line ?? undefined,
    places: places.get(row.session_id) ?? [],
    sessionId: row.session_id,
    kind: row.kind,
    beganMs: row.began_ms,
    endedMs: row.ended_ms ?? undefined,
    outcome: row.outcome,
    figures: JSON.parse(row.figures) as Figures,
  }));
}

/** Sorted by store. What was removed since is nowhere. */
async function placesOf(
  { rows, memberId }: MemberRows,
  sessions: readonly SessionId[],
): Promise<ReadonlyMap<SessionId, readonly SessionPlace[]>> {
  const places = new Map<SessionId, SessionPlace[]>();
  for (const batch of batches(sessions)) {
    const found = await rows
      .selectFrom('packs')
      .innerJoin('copies', (join) =>
        join
          .onRef('copies.member_id', '=', 'packs.member_id')
          .onRef('copies.pack_id', '=', 'packs.pack_id'),
      )
      .select(({ fn }) => [
        'packs.session_id as session',
        'copies.store_id as storeId',
        fn.countAll<number | string>().as('copies'),
      ])
      .where('packs.member_id', '=', memberId)
      .where('packs.session_id', 'in', batch)
      .where('copies.state', '=', 'held')
      .groupBy(['packs.session_id', 'copies.store_id'])
      .orderBy('copies.store_id')
      .execute();
    for (const { session, storeId, copies } of found) {
      if (session === null) continue;
      const those = places.get(session) ?? [];
      places.set(session, [...those, { storeId, copies: Number(copies) }]);
    }
  }
  return places;
}
