// A plan becomes rows: each transfer one move with its packs, before a byte of it is written. What has to wait for a
// person is a row as well, so that it is seen, and not planned again.
import { DAY_MS, formatBytes, must, type Random, type StoreId, toHex } from '@kura/base';
import type { MoveCause, MovePacksTable, MovesTable } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { HazardEvent } from '../hazards/events/hazard-event.ts';
import type { Transfer } from '../hazards/moves/schedule.ts';
import type { Addition } from '../hazards/planner/replan.ts';
import type { World } from '../hazards/planner/world.ts';
import { type Decision, noteDecisions } from './decisions.ts';
import { insertPackRows } from './move-rows.ts';
import type { Outlook } from './outlook.ts';
import { type FoundPack, packsOfSet } from './outlook-groups.ts';

const ID_BYTES = 16;
/** How long a veto keeps packs from being planned again, if what they were to leave stays in danger. */
export const VETO_MS = 7 * DAY_MS;

export interface PlanToWrite {
  readonly outlook: Outlook;
  readonly world: World;
  readonly events: readonly HazardEvent[];
  readonly transfers: readonly Transfer[];
  /** Groups whose danger not only one feed speaks of. */
  readonly confirmed: ReadonlySet<number>;
  /** Of what is only better where it goes. */
  readonly isCalm: boolean;
  readonly random: Random;
}

const PRIORITY: Readonly<Record<MoveCause, number>> = {
  danger: 0,
  loss: 0,
  fault: 0,
  drain: 1,
  surplus: 1,
  better: 2,
};

export const priorityOf = (cause: MoveCause): number => PRIORITY[cause];

export const newMoveId = (random: Random): string => toHex(random.bytes(ID_BYTES));

type Decided = Pick<
  MovesTable,
  'member_id' | 'kind' | 'cause' | 'level' | 'packs' | 'bytes' | 'reason'
>;

interface Deciding {
  readonly nowMs: number;
  readonly random: Random;
  readonly at: Partial<Pick<MovesTable, 'from_store' | 'to_store' | 'leave_store' | 'copies_left'>>;
}

/** By the network's own word, to be begun at once. */
export function ownMove(decided: Decided, { nowMs, random, at }: Deciding): MovesTable {
  return {
    ...{ ...NOTHING_DONE, ...decided, ...at },
    move_id: newMoveId(random),
    plan_id: newMoveId(random),
    priority: priorityOf(decided.cause),
    made_ms: nowMs,
    start_ms: nowMs,
  };
}

const NOTHING_DONE = {
  ...{ packs_done: 0, bytes_done: 0, packs_failed: 0, state: 'planned' as const },
  ...{ is_late: 0, is_confirmed: 1, word: 'the network', note: '' },
  ...{ from_store: null, to_store: null, leave_store: null },
  ...{ end_ms: null, harm_ms: null, started_ms: null, ended_ms: null, copies_left: null },
};

/** Resolves to the moves that are rows now. */
export async function writePlan(rows: Rows, plan: PlanToWrite): Promise<readonly MovesTable[]> {
  const planId = newMoveId(plan.random);
  const nowMs = plan.outlook.atMs;
  const moves: MovesTable[] = [];
  const packs: MovePacksTable[] = [];
  const decisions: Decision[] = [];
  // All packs are found before any is written: writing changes which set a pack is in.
  for (const transfer of plan.transfers) {
    if (transfer.state === 'stopped') continue;
    const found = await packsOf(rows, plan.outlook, transfer.addition);
    if (found.length === 0) continue;
    const move = moveOf(plan, { transfer, found, planId });
    moves.push(move);
    packs.push(...found.map((pack) => packRow(move, pack, plan.outlook.leafBytes)));
    decisions.push(...decisionsAbout(move));
  }
  for (const move of moves) await rows.insertInto('moves').values(move).execute();
  await insertPackRows(rows, packs);
  await noteDecisions(rows, decisions, nowMs);
  return moves;
}

async function packsOf(
  rows: Rows,
  { groups, ofMembers }: Outlook,
  { group, first, packs: count }: Addition,
): Promise<readonly FoundPack[]> {
  const { memberId, sets } = must(groups[group], 'a group');
  const { placed } = must(ofMembers.get(memberId), 'demands of a member with packs');
  return packsOfSet(rows, { memberId, placed, sets, first, count });
}

interface MoveParts {
  readonly transfer: Transfer;
  readonly found: readonly FoundPack[];
  readonly planId: string;
}

function moveOf(plan: PlanToWrite, { transfer, found, planId }: MoveParts): MovesTable {
  const { outlook, world, random } = plan;
  const { addition, state, from } = transfer;
  const { group, level, harmMs, copiesLeft, leave, to, reason } = addition;
  const storeId = (index: number): StoreId => must(outlook.storeIds[index], 'a store');
  const cause = plan.isCalm ? 'better' : causeOf(world, leave);
  const leaves = found.reduce((sum, pack) => sum + pack.leafCount, 0);
  const timeOrNull = (ms: number): number | null => (Number.isFinite(ms) ? Math.round(ms) : null);
  return {
    ...NOTHING_DONE,
    move_id: newMoveId(random),
    plan_id: planId,
    member_id: must(outlook.groups[group], 'a group').memberId,
    kind: 'add',
    cause,
    priority: priorityOf(cause),
    from_store: from === undefined ? null : storeId(from),
    to_store: storeId(to),
    leave_store: leave === undefined ? null : storeId(leave),
    level,
    packs: found.length,
    bytes: leaves * outlook.leafBytes,
    state: state === 'approval' ? 'approval' : 'planned',
    is_late: transfer.isLate ? 1 : 0,
    is_confirmed: plan.confirmed.has(group) ? 1 : 0,
    word: wordOf(plan, cause, leave),
    reason,
    note: transfer.note,
    made_ms: outlook.atMs,
    start_ms: timeOrNull(transfer.startMs),
    end_ms: timeOrNull(transfer.endMs),
    harm_ms: timeOrNull(harmMs),
    copies_left: copiesLeft,
  };
}

function causeOf(world: World, leave: number | undefined): MoveCause {
  if (leave === undefined) return 'loss';
  const { state, stance, isDraining } = world.store(leave);
  if (state === 'lost') return 'loss';
  return isDraining === true && stance !== 'leave' ? 'drain' : 'danger';
}

function wordOf(
  { world, events }: PlanToWrite,
  cause: MoveCause,
  leave: number | undefined,
): string {
  if (cause === 'drain') return 'the operator';
  if (cause !== 'danger' || leave === undefined) return 'the network';
  const [worst] = world.picture.sites[leave]?.causes ?? [];
  const event = events.find(({ id }) => id === worst?.eventId);
  return event === undefined ? 'the network' : event.sources.join(', ');
}

const packRow = (move: MovesTable, pack: FoundPack, leafBytes: number): MovePacksTable => ({
  member_id: move.member_id,
  pack_id: pack.packId,
  store_id: must(move.to_store, 'an addition has a target'),
  move_id: move.move_id,
  size_bytes: pack.leafCount * leafBytes,
  step: 'wait',
  tries: 0,
  next_ms: 0,
  why: '',
  warrant_id: null,
});

function decisionsAbout(move: MovesTable): Decision[] {
  const about = {
    memberId: move.member_id,
    moveId: move.move_id,
    storeId: move.to_store ?? undefined,
  };
  const size = `${move.packs} packs, ${formatBytes(move.bytes)} of level ${move.level}`;
  const what = move.state === 'approval' ? 'approval' : 'add';
  const decisions = [{ what, reason: `${size}: ${move.reason}`, ...about }];
  if (move.note !== '') {
    decisions.push({ what: move.is_late === 1 ? 'late' : 'note', reason: move.note, ...about });
  }
  return decisions;
}
