// Plans as rows: what a member gets for which fee. A plan that members have is changed for all of them.
import { KuraError } from '@kura/base';
import type { PlansTable, Rows } from '../db/tables.ts';
import { FIRST_PLANS } from './first-plans.ts';
import { isLevel, type LevelStep } from './level.ts';
import { parseWeekHours } from './week-hours.ts';

export interface Plan {
  readonly planId: string;
  /** Undefined: the owner says the level, as in an embedded network. */
  readonly levels: readonly LevelStep[] | undefined;
  /** Undefined is no bound; so below. */
  readonly capacityBytes: number | undefined;
  readonly archives: number | undefined;
  /** "mo-fr 0-6, sa-su 0-24", UTC. */
  readonly hours: string | undefined;
  readonly usesPerDay: number | undefined;
  readonly feeMinor: number;
  readonly currency: string;
}

const PLAN_ID = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;
const CURRENCY = /^[A-Z]{3}$/;
const MAX_STEPS = 8;

/** In a new network; a plan of that name that is there already stays as it is. */
export async function ensureFirstPlans(rows: Rows): Promise<void> {
  await rows
    .insertInto('plans')
    .values([...FIRST_PLANS])
    .onConflict((of) => of.column('plan_id').doNothing())
    .execute();
}

export async function readPlans(rows: Rows): Promise<readonly Plan[]> {
  const all = await rows.selectFrom('plans').selectAll().orderBy('plan_id').execute();
  return all.map(planOf);
}

/** Throws `not_found`. */
export async function readPlan(rows: Rows, planId: string): Promise<Plan> {
  const row = await rows
    .selectFrom('plans')
    .selectAll()
    .where('plan_id', '=', planId)
    .executeTakeFirst();
  if (row !== undefined) return planOf(row);
  throw new KuraError('not_found', `there is no plan "${planId.slice(0, 40)}"`, {
    guidance: 'See: kura operator plans list',
  });
}

/** A new plan, or new terms of one that is there. Throws `usage`. */
export async function setPlan(rows: Rows, plan: Plan): Promise<void> {
  checkPlan(plan);
  const { plan_id, ...terms } = columnsOf(plan);
  await rows
    .insertInto('plans')
    .values({ plan_id, ...terms })
    .onConflict((of) => of.column('plan_id').doUpdateSet(terms))
    .execute();
}

function checkPlan({ planId, levels, hours, currency }: Plan): void {
  const refuse = (what: string): never => {
    throw new KuraError('usage', `the plan makes no sense: ${what}`);
  };
  if (!PLAN_ID.test(planId)) refuse('its name is lower-case letters, digits and hyphens');
  if (!CURRENCY.test(currency)) refuse('its currency is three capital letters, as JPY');
  if (hours !== undefined) parseWeekHours(hours);
  if (levels === undefined) return;
  if (levels.length === 0 || levels.length > MAX_STEPS || levels[0]?.fromYears !== 0) {
    refuse('its levels begin at year 0');
  }
  for (const [index, step] of levels.entries()) {
    const before = levels[index - 1];
    const isGood = before === undefined || step.fromYears > before.fromYears;
    if (!isGood || !isLevel(step.level)) refuse('levels are 1 to 3, at years that ascend');
  }
}

export function planOf(row: PlansTable): Plan {
  return {
    planId: row.plan_id,
    levels: row.levels === null ? undefined : (JSON.parse(row.levels) as LevelStep[]),
    capacityBytes: row.capacity_bytes ?? undefined,
    archives: row.archives ?? undefined,
    hours: row.hours ?? undefined,
    usesPerDay: row.uses_per_day ?? undefined,
    feeMinor: row.fee_minor,
    currency: row.currency,
  };
}

function columnsOf(plan: Plan): PlansTable {
  return {
    plan_id: plan.planId,
    levels: plan.levels === undefined ? null : JSON.stringify(plan.levels),
    capacity_bytes: plan.capacityBytes ?? null,
    archives: plan.archives ?? null,
    hours: plan.hours ?? null,
    uses_per_day: plan.usesPerDay ?? null,
    fee_minor: plan.feeMinor,
    currency: plan.currency,
  };
}
