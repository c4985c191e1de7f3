// What an operator says about moves: pause and resume all, approve and veto one. Each is a row and a sentence.
import { KuraError } from '@kura/base';
import type { MoveState, MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { noteDecisions } from './decisions.ts';
import { readMove } from './move-rows.ts';

export interface Order {
  /** Operator's name, or "the owner". */
  readonly word: string;
  readonly nowMs: number;
}

export interface PauseState {
  readonly isPaused: boolean;
  readonly word: string;
  readonly sinceMs: number;
}

export async function readPause(rows: Rows): Promise<PauseState> {
  const row = await rows.selectFrom('move_orders').selectAll().executeTakeFirst();
  return {
    isPaused: row?.is_paused === 1,
    word: row?.word ?? '',
    sinceMs: row?.since_ms ?? 0,
  };
}

/** What is under way ends; nothing else begins. */
export async function setPause(
  rows: Rows,
  isPaused: boolean,
  { word, nowMs }: Order,
): Promise<void> {
  if ((await readPause(rows)).isPaused === isPaused) return;
  const columns = { is_paused: isPaused ? 1 : 0, word, since_ms: nowMs };
  await rows.updateTable('move_orders').set(columns).execute();
  const what = isPaused ? 'pause' : 'resume';
  await noteDecisions(rows, [{ what, reason: `by ${word}` }], nowMs);
}

const APPROVABLE: readonly MoveState[] = ['approval', 'vetoed'];
const VETOABLE: readonly MoveState[] = ['approval', 'planned', 'running'];

/** It may run, whatever the cap says. Throws `not_found`, `refused`. */
export async function approveMove(rows: Rows, moveId: string, order: Order): Promise<void> {
  const move = await mustBe(rows, moveId, { states: APPROVABLE, verb: 'approved' });
  await rows
    .updateTable('moves')
    .set({ state: 'planned', is_confirmed: 1, word: `${move.word}; ${order.word}` })
    .where('move_id', '=', move.move_id)
    .execute();
  await note(rows, move, { ...order, what: 'approve' });
}

/** What has begun ends; the rest is not planned again for a week, or until the danger is over. */
export async function vetoMove(rows: Rows, moveId: string, order: Order): Promise<void> {
  const move = await mustBe(rows, moveId, { states: VETOABLE, verb: 'refused' });
  if (move.kind === 'retire') {
    throw new KuraError('refused', 'a retirement is not refused one by one', {
      guidance: 'Pause moves, and look why a copy is too many: kura moves show.',
    });
  }
  await rows
    .updateTable('moves')
    .set({ state: 'vetoed', note: `refused by ${order.word}` })
    .where('move_id', '=', move.move_id)
    .execute();
  await note(rows, move, { ...order, what: 'veto' });
}

interface Wanted {
  readonly states: readonly MoveState[];
  readonly verb: string;
}

/** By its id, or the beginning of one that is no other's. */
async function mustBe(rows: Rows, moveId: string, { states, verb }: Wanted): Promise<MovesTable> {
  const move = (await readMove(rows, moveId)) ?? (await byBeginning(rows, moveId));
  if (states.includes(move.state)) return move;
  throw new KuraError('refused', `a move that is ${move.state} cannot be ${verb}`, {
    context: { moveId: move.move_id, state: move.state },
  });
}

async function byBeginning(rows: Rows, prefix: string): Promise<MovesTable> {
  const isHex = /^[0-9a-f]{4,32}$/.test(prefix);
  const found = isHex
    ? await rows
        .selectFrom('moves')
        .selectAll()
        .where('move_id', '>=', prefix)
        .where('move_id', '<', `${prefix}g`)
        .limit(2)
        .execute()
    : [];
  const [only, other] = found;
  if (only !== undefined && other === undefined) return only;
  const why = other === undefined ? 'there is no move' : 'there are several moves';
  throw new KuraError('not_found', `${why} ${prefix}`, { guidance: 'Look: kura moves list' });
}

async function note(
  rows: Rows,
  { member_id: memberId, move_id: moveId, reason }: MovesTable,
  { what, word, nowMs }: Order & { readonly what: string },
): Promise<void> {
  await noteDecisions(rows, [{ what, reason: `by ${word}: ${reason}`, memberId, moveId }], nowMs);
}
