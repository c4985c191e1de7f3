// From the world as it is to transfers: what cannot wait first; only when there is nothing of that, what would lie
// better elsewhere, within its budget. Decisions are the planner's (`hazards/planner`); this gathers what they need.
import { DAY_MS, HOUR_MS } from '@kura/base';
import { sql } from 'kysely';
import { OPEN_STATES } from '../db/move-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { HazardEvent } from '../hazards/events/hazard-event.ts';
import { confirmedGroups } from '../hazards/moves/confirm.ts';
import { type Line, NO_ORDERS, schedule, type Transfer } from '../hazards/moves/schedule.ts';
import type { PackGroup } from '../hazards/planner/pack-groups.ts';
import { rebalance } from '../hazards/planner/rebalance.ts';
import { type Addition, replan, type Unplaced } from '../hazards/planner/replan.ts';
import type { World } from '../hazards/planner/world.ts';
import { riskParameters } from '../hazards/risk/parameters.ts';
import { unconfirmedBytes } from './move-rows.ts';
import type { Outlook, OutlookGroup } from './outlook.ts';

export interface PlanInput {
  readonly outlook: Outlook;
  readonly world: World;
  readonly events: readonly HazardEvent[];
}

export interface PlannedNow {
  readonly transfers: readonly Transfer[];
  readonly unplaced: readonly Unplaced[];
  readonly confirmed: ReadonlySet<number>;
  /** Of what is only better where it goes. */
  readonly isCalm: boolean;
}

export async function planNow(rows: Rows, input: PlanInput): Promise<PlannedNow> {
  const { outlook, world, events } = input;
  const titles = new Map(events.map(({ id, title }) => [id, title]));
  const { demands, groups } = outlook;
  const plan = replan({ world, demands, groups, titles });
  const isCalm = plan.additions.length === 0 && plan.unplaced.length === 0;
  const wanted = isCalm ? await better(rows, { outlook, world }) : plan.additions;
  const additions = wanted.map((addition) => onlyReadable(addition, outlook));
  const confirmed = confirmedGroups({ world, groups, additions, events });
  const transfers = schedule({
    additions,
    lines: await readLines(rows, outlook),
    nowMs: outlook.atMs,
    totalBytes: outlook.totalBytes,
    recentBytes: await unconfirmedBytes(rows, outlook.atMs - HOUR_MS),
    // What people said is in the rows of moves: what was refused is not planned again, a pause stops the carrier.
    orders: NO_ORDERS,
    confirmed,
  });
  return { transfers, unplaced: plan.unplaced, confirmed, isCalm };
}

/** What is only on its way to a store cannot be read there. */
function onlyReadable(addition: Addition, { groups }: Outlook): Addition {
  const held = groups[addition.group]?.held ?? [];
  return { ...addition, sources: addition.sources.filter((store) => held.includes(store)) };
}

async function readLines(rows: Rows, { storeIds, stores }: Outlook): Promise<readonly Line[]> {
  const busy = async (end: 'from_store' | 'to_store'): Promise<ReadonlyMap<string, number>> => {
    const found = await rows
      .selectFrom('moves')
      .select([end, (all) => all.fn.max('end_ms').as('until')])
      .where('state', 'in', [...OPEN_STATES])
      .where('end_ms', 'is not', null)
      .groupBy(end)
      .execute();
    return new Map(found.map((row) => [row[end] ?? '', Number(row.until)]));
  };
  const [sending, receiving] = [await busy('from_store'), await busy('to_store')];
  return stores.map(({ bytesPerSecond }, index) => ({
    bytesPerSecond,
    sendFreeMs: sending.get(storeIds[index] ?? '') ?? 0,
    receiveFreeMs: receiving.get(storeIds[index] ?? '') ?? 0,
  }));
}

// ── In calm times ─────────────────────────────────────────────────────────────────────────────────

async function better(
  rows: Rows,
  { outlook, world }: Omit<PlanInput, 'events'>,
): Promise<readonly Addition[]> {
  const { demands, groups, atMs: nowMs } = outlook;
  const { restDays } = riskParameters().decisions;
  const budgetBytes = await budgetLeft(rows, outlook);
  if (budgetBytes <= 0) return [];
  // What was moved before its member or device moved is looked at again.
  const isResting = ({ movedMs, demand }: OutlookGroup): boolean =>
    nowMs - movedMs < restDays * DAY_MS &&
    movedMs >= (demands[demand]?.placedMs ?? Number.NEGATIVE_INFINITY);
  const resting = new Set(
    [...groups.entries()].filter(([, group]) => isResting(group)).map(([index]) => index),
  );
  const cut = groups.map((group) => cutTo(group, budgetBytes));
  return rebalance({ world, demands, groups: cut, titles: new Map(), budgetBytes, resting });
}

/** A hundredth of the capacity in a day; at least one pack, so that a small network moves as well. */
async function budgetLeft(rows: Rows, { stores, groups, atMs }: Outlook): Promise<number> {
  const { rows: found } = await sql<{ readonly bytes: number | string | null }>`
    select sum(bytes) as bytes from moves
    where cause = 'better' and made_ms > ${atMs - DAY_MS}`.execute(rows);
  const spent = Number(found[0]?.bytes ?? 0);
  const capacity = stores.reduce((sum, { capacityBytes }) => sum + capacityBytes, 0);
  const { dailyChurn } = riskParameters().decisions;
  const largest = Math.max(0, ...groups.map(({ bytes, packs }) => bytes / packs));
  return Math.max(dailyChurn * capacity, largest) - spent;
}

/** As many packs of it as fit the budget; the rest have their turn tomorrow. */
function cutTo<Group extends PackGroup>(group: Group, budgetBytes: number): Group {
  if (group.bytes <= budgetBytes) return group;
  const packBytes = group.bytes / group.packs;
  const packs = Math.floor(budgetBytes / packBytes);
  return packs === 0 ? group : { ...group, packs, bytes: packs * packBytes };
}
