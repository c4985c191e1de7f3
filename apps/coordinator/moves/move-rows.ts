// Rows of moves, changed in small steps: every one of them belongs into a transaction of the lease of whoever acts.
import type { MemberId, PackId, StoreId } from '@kura/base';
import { sql } from 'kysely';
import { batches } from '../db/batches.ts';
import type { MovePacksTable, MovesTable, PackStep } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { noteDecisions } from './decisions.ts';

/** One pack of a move. */
export interface PackKey {
  readonly member_id: MemberId;
  readonly pack_id: PackId;
  readonly store_id: StoreId;
}

export async function readMove(rows: Rows, moveId: string): Promise<MovesTable | undefined> {
  return rows.selectFrom('moves').selectAll().where('move_id', '=', moveId).executeTakeFirst();
}

export async function insertPackRows(rows: Rows, packs: readonly MovePacksTable[]): Promise<void> {
  for (const batch of batches(packs)) {
    await rows
      .insertInto('move_packs')
      .values(batch)
      .onConflict((same) => same.columns(['member_id', 'pack_id', 'store_id']).doNothing())
      .execute();
  }
}

export async function changePackRow(
  rows: Rows,
  key: PackKey,
  columns: Partial<Pick<MovePacksTable, 'step' | 'tries' | 'next_ms' | 'why' | 'warrant_id'>>,
): Promise<void> {
  await rows
    .updateTable('move_packs')
    .set(columns)
    .where('member_id', '=', key.member_id)
    .where('pack_id', '=', key.pack_id)
    .where('store_id', '=', key.store_id)
    .execute();
}

export async function dropPackRow(rows: Rows, key: PackKey): Promise<void> {
  await rows
    .deleteFrom('move_packs')
    .where('member_id', '=', key.member_id)
    .where('pack_id', '=', key.pack_id)
    .where('store_id', '=', key.store_id)
    .execute();
}

/** Counts what became of one pack of a move. */
export async function countPack(
  rows: Rows,
  moveId: string,
  { isDone, bytes }: { readonly isDone: boolean; readonly bytes: number },
): Promise<void> {
  await rows
    .updateTable('moves')
    .set((all) =>
      isDone
        ? { packs_done: all('packs_done', '+', 1), bytes_done: all('bytes_done', '+', bytes) }
        : { packs_failed: all('packs_failed', '+', 1) },
    )
    .where('move_id', '=', moveId)
    .execute();
}

const STEPS_OF_KIND: Readonly<Record<MovesTable['kind'], readonly PackStep[]>> = {
  add: ['wait', 'carry'],
  retire: ['check', 'sign', 'remove'],
};

/** Ends the move if none of its packs is on its way any more. */
export async function closeMove(rows: Rows, moveId: string, nowMs: number): Promise<void> {
  const move = await readMove(rows, moveId);
  if (move === undefined || move.ended_ms !== null) return;
  const left = await rows
    .selectFrom('move_packs')
    .select('pack_id')
    .where('move_id', '=', moveId)
    .where('step', 'in', [...STEPS_OF_KIND[move.kind]])
    .limit(1)
    .executeTakeFirst();
  if (left !== undefined) return;
  const state =
    move.packs_failed > 0 ? 'failed' : move.packs_done >= move.packs ? 'done' : 'dropped';
  await rows
    .updateTable('moves')
    .set({ state, ended_ms: nowMs })
    .where('move_id', '=', moveId)
    .execute();
  const counts = `${move.packs_done} of ${move.packs} packs`;
  const reason =
    move.kind === 'add' ? `${counts} have their further copy` : `${counts} gave a copy up`;
  const about = { memberId: move.member_id, moveId, storeId: move.to_store ?? move.leave_store };
  await noteDecisions(
    rows,
    [{ what: state, reason, ...about, storeId: about.storeId ?? undefined }],
    nowMs,
  );
}

/** Takes back what has not begun; says so. */
export async function dropWaiting(
  rows: Rows,
  move: MovesTable,
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): Promise<void> {
  await rows
    .deleteFrom('move_packs')
    .where('move_id', '=', move.move_id)
    .where('step', '=', 'wait')
    .execute();
  const decision = { what: 'drop', reason, memberId: move.member_id, moveId: move.move_id };
  await noteDecisions(rows, [decision], nowMs);
  await rows
    .updateTable('moves')
    .set({ note: reason })
    .where('move_id', '=', move.move_id)
    .execute();
  await closeMove(rows, move.move_id, nowMs);
}

/** Bytes of moves made since then that only one feed asked for, and that nobody approved. */
export async function unconfirmedBytes(rows: Rows, sinceMs: number): Promise<number> {
  const { rows: found } = await sql<{ readonly bytes: number | string | null }>`
    select sum(bytes) as bytes from moves where made_ms > ${sinceMs} and is_confirmed = 0
      and state in ('planned', 'running', 'done', 'failed')`.execute(rows);
  return Number(found[0]?.bytes ?? 0);
}
