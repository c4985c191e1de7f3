// The plans that every network begins with; an operator changes prices and adds others. Loyalty lifts a member one
// level, never above what the next plan gives at once.
import type { PlansTable } from '../db/tables.ts';

const steps = (...all: readonly (readonly [fromYears: number, level: number])[]): string =>
  JSON.stringify(all.map(([fromYears, level]) => ({ fromYears, level })));

const UNBOUNDED = {
  capacity_bytes: null,
  archives: null,
  hours: null,
  uses_per_day: null,
  fee_minor: 0,
  currency: 'JPY',
} as const;

/** Of an embedded network, whose owner pays for the stores and says the level. */
export const OWN_PLAN = 'own';

/** Part of a migration: never changes. */
export const FIRST_PLANS: readonly PlansTable[] = [
  { plan_id: OWN_PLAN, levels: null, ...UNBOUNDED },
  { plan_id: 'basic', levels: steps([0, 1], [5, 2]), ...UNBOUNDED },
  { plan_id: 'standard', levels: steps([0, 2], [5, 3]), ...UNBOUNDED },
  { plan_id: 'premium', levels: steps([0, 3]), ...UNBOUNDED },
];
