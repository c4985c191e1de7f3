// Moves as people and scripts see them: what was decided, how far it is, and why.
import type { MemberId } from '@kura/base';
import type { MoveView } from '@kura/contract/wire/endpoints/hazards.ts';
import { type MovesTable, OPEN_STATES } from '../../db/move-tables.ts';
import type { Rows } from '../../db/tables.ts';

export interface MovesQuery {
  readonly which: 'open' | 'all';
  readonly limit: number;
  /** Its id, or the beginning of it. */
  readonly id?: string | undefined;
  /** Only this member's. */
  readonly member?: MemberId | undefined;
}

/** Open ones first, in the order in which they go; of the others the newest. */
export async function viewMoveRows(
  rows: Rows,
  { which, limit, id, member }: MovesQuery,
): Promise<readonly MoveView[]> {
  let query = rows.selectFrom('moves').selectAll().orderBy('made_ms', 'desc').limit(limit);
  if (which === 'open' && id === undefined) query = query.where('state', 'in', [...OPEN_STATES]);
  // Ids are hexadecimal, so "g" is behind all that begin so.
  if (id !== undefined) query = query.where('move_id', '>=', id).where('move_id', '<', `${id}g`);
  if (member !== undefined) query = query.where('member_id', '=', member);
  const found = await query.execute();
  const isOpen = ({ state }: MovesTable): boolean => OPEN_STATES.some((one) => one === state);
  found.sort(
    (a, b) =>
      Number(isOpen(b)) - Number(isOpen(a)) || a.priority - b.priority || b.made_ms - a.made_ms,
  );
  return found.map(moveView);
}

function moveView(row: MovesTable): MoveView {
  return {
    moveId: row.move_id,
    memberId: row.member_id,
    ...{ kind: row.kind, cause: row.cause, state: row.state, level: row.level },
    from: row.from_store ?? undefined,
    to: row.to_store ?? undefined,
    leave: row.leave_store ?? undefined,
    ...{ packs: row.packs, packsDone: row.packs_done },
    ...{ bytes: row.bytes, bytesDone: row.bytes_done },
    isLate: row.is_late === 1,
    ...{ word: row.word, reason: row.reason, note: row.note },
    madeMs: row.made_ms,
    startMs: row.start_ms ?? undefined,
    endMs: row.end_ms ?? undefined,
    harmMs: row.harm_ms ?? undefined,
    startedMs: row.started_ms ?? undefined,
    endedMs: row.ended_ms ?? undefined,
  };
}
