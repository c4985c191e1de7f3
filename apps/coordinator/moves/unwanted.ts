// Moves that are not wanted any more, as far as they have not begun: the danger is over, a drain was taken back, or the
// target is in danger itself by now. What has begun ends; nothing here takes a copy away.
import type { StoreId } from '@kura/base';
import { type MovesTable, OPEN_STATES } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import { isSafe } from '../hazards/planner/replan.ts';
import type { World } from '../hazards/planner/world.ts';
import { dropWaiting } from './move-rows.ts';
import type { Outlook } from './outlook.ts';
import { VETO_MS } from './write-plan.ts';

interface Now {
  readonly outlook: Outlook;
  readonly world: World;
}

/** Resolves to how many were dropped. */
export async function dropUnwanted(rows: Rows, now: Now): Promise<number> {
  const { atMs: nowMs } = now.outlook;
  const open = await rows
    .selectFrom('moves')
    .selectAll()
    .where('kind', '=', 'add')
    .where('state', 'in', [...OPEN_STATES, 'vetoed'])
    .execute();
  let dropped = 0;
  for (const move of open) {
    const reason = move.state === 'vetoed' ? whyLifted(move, now) : whyUnwanted(move, now);
    if (reason === undefined || !(await hasWaiting(rows, move))) continue;
    await dropWaiting(rows, move, { reason, nowMs });
    dropped++;
  }
  return dropped;
}

function whyUnwanted(move: MovesTable, now: Now): string | undefined {
  const { outlook, world } = now;
  const to = indexOf(outlook, move.to_store);
  const demand = outlook.demands[outlook.members.indexOf(move.member_id)];
  if (to === undefined || demand === undefined) return 'its target is no longer of the network';
  const { city } = world.store(to).site.place;
  if (world.store(to).stance === 'leave') return `${city} is in danger itself`;
  // What is in danger goes on to a store under watch: it is safer there, and another mind would cost time.
  if (world.store(to).stance === 'watch' && move.priority > 0) {
    return `${city} may not take anything now`;
  }
  if (world.store(to).isHeld === true) return `${city} is on hold`;
  if (!world.mayHold(demand, to)) return `${city} may not hold it any more`;
  if (move.cause !== 'danger' && move.cause !== 'drain') return undefined;
  return isLeftStoreSafe(move, now) ? `${left(move, now)} is safe again` : undefined;
}

function whyLifted(move: MovesTable, now: Now): string | undefined {
  if (now.outlook.atMs - move.made_ms >= VETO_MS) return 'a veto lasts a week';
  return isLeftStoreSafe(move, now) ? `${left(move, now)} is safe again` : undefined;
}

function isLeftStoreSafe(move: MovesTable, { outlook, world }: Now): boolean {
  const leave = indexOf(outlook, move.leave_store);
  return leave !== undefined && isSafe(world, leave);
}

function left(move: MovesTable, { outlook, world }: Now): string {
  const leave = indexOf(outlook, move.leave_store);
  return leave === undefined ? 'it' : world.store(leave).site.place.city;
}

function indexOf({ storeIds }: Outlook, storeId: StoreId | null): number | undefined {
  const index = storeId === null ? -1 : storeIds.indexOf(storeId);
  return index === -1 ? undefined : index;
}

async function hasWaiting(rows: Rows, { move_id: id }: MovesTable): Promise<boolean> {
  const waiting = await rows
    .selectFrom('move_packs')
    .select('pack_id')
    .where('move_id', '=', id)
    .where('step', '=', 'wait')
    .limit(1)
    .executeTakeFirst();
  return waiting !== undefined;
}
