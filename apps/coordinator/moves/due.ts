// What the carrier may take up now, in the order in which it should: what cannot wait, the highest level, the last
// copies, the nearest harm.
import type { StoreId } from '@kura/base';
import { sql } from 'kysely';
import { COMING_STEPS, type MovePacksTable, type MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { heldStores } from '../stores/holds.ts';

/** Moves that are looked through for one whose lines are free. */
const MAX_LOOKED = 500;
/** One more loss, from wherever it comes, and such a pack is gone. */
const LAST_COPY = 1;
/** Packs of one round whose staying copies are read. */
const MAX_CHECKS = 50;

/** Each is a lease of its own: the stores whose id begins with that digit. */
export const MOVE_PARTS = [...'0123456789abcdef'];

/** Of the store whose copy is made or goes: what one store has to take or give up, one program at a time brings. */
export const partOf = (storeId: StoreId): string => storeId.slice(0, 1);

/** Names a pack on its way within a process. */
export const keyOf = (row: Pick<MovePacksTable, 'member_id' | 'pack_id' | 'store_id'>): string =>
  `${row.member_id} ${row.pack_id} ${row.store_id}`;

/** Also of moves that were refused: what had begun may have left bytes at its target, and ends. */
export async function openMoves(
  rows: Rows,
  parts: readonly string[],
): Promise<readonly MovesTable[]> {
  return rows
    .selectFrom('moves')
    .selectAll()
    .where('kind', '=', 'add')
    .where('state', 'in', ['planned', 'running', 'vetoed'])
    .where(sql`substr(to_store, 1, 1)`, 'in', parts)
    .orderBy('priority')
    .orderBy('level', 'desc')
    .orderBy(sql`case when copies_left <= ${LAST_COPY} then 0 else 1 end`)
    .orderBy(sql`coalesce(harm_ms, ${Number.MAX_SAFE_INTEGER})`)
    .orderBy('made_ms')
    .orderBy('move_id')
    .limit(MAX_LOOKED)
    .execute();
}

interface Taking {
  readonly nowMs: number;
  /** What this process has under way. */
  readonly inHand: ReadonlyMap<string, unknown>;
}

/** What was begun, by whoever held the lease, goes before what was not; to a store on hold only what was begun. */
export async function nextPack(
  rows: Rows,
  { move_id: moveId, state }: MovesTable,
  { nowMs, inHand }: Taking,
): Promise<MovePacksTable | undefined> {
  const steps = state === 'vetoed' ? (['carry'] as const) : COMING_STEPS;
  const due = await rows
    .selectFrom('move_packs')
    .selectAll()
    .where('move_id', '=', moveId)
    .where('step', 'in', [...steps])
    .where((any) =>
      any.or([any('step', '=', 'carry'), any('store_id', 'not in', heldStores(rows))]),
    )
    .where('next_ms', '<=', nowMs)
    .orderBy('step')
    .orderBy('pack_id')
    .limit(inHand.size + 1)
    .execute();
  return due.find((row) => !inHand.has(keyOf(row)));
}

export async function dueChecks(
  rows: Rows,
  parts: readonly string[],
  nowMs: number,
): Promise<readonly MovePacksTable[]> {
  return rows
    .selectFrom('move_packs')
    .selectAll()
    .where('step', '=', 'check')
    .where('next_ms', '<=', nowMs)
    .where(sql`substr(store_id, 1, 1)`, 'in', parts)
    .orderBy('next_ms')
    .limit(MAX_CHECKS)
    .execute();
}
