// Row A1: which stores may hold a member's data depends on the level, and the level follows from the
// contract: the fee plan, and the years of membership.
import { assert } from '@kura/base';

/** `own`: an embedded network, whose owner pays for the stores and says the level. */
export const PLANS = ['own', 'basic', 'standard', 'premium'] as const;
export type Plan = (typeof PLANS)[number];

/** A higher level goes first when safe space is short. */
export const LOWEST_LEVEL = 1;
export const HIGHEST_LEVEL = 3;

export interface Contract {
  readonly plan: Plan;
  readonly memberSinceMs: number;
  /** Counts for the plan `own` only. */
  readonly ownLevel: number;
}

interface Step {
  readonly fromYears: number;
  readonly level: number;
}

/** Loyalty lifts a member one level, never above what the next plan gives at once. */
const STEPS: Readonly<Record<Exclude<Plan, 'own'>, readonly Step[]>> = {
  basic: [
    { fromYears: 0, level: 1 },
    { fromYears: 5, level: 2 },
  ],
  standard: [
    { fromYears: 0, level: 2 },
    { fromYears: 5, level: 3 },
  ],
  premium: [{ fromYears: 0, level: 3 }],
};

export function levelOf(contract: Contract, nowMs: number): number {
  if (contract.plan === 'own') {
    assert(isLevel(contract.ownLevel), 'a level is a whole number from 1 to 3');
    return contract.ownLevel;
  }
  const years = yearsOfMembership(contract.memberSinceMs, nowMs);
  let level = LOWEST_LEVEL;
  for (const step of STEPS[contract.plan]) if (years >= step.fromYears) level = step.level;
  return level;
}

export function isLevel(level: number): boolean {
  return Number.isInteger(level) && level >= LOWEST_LEVEL && level <= HIGHEST_LEVEL;
}

/** Whole years between two times, by the calendar in UTC; none if the clock was set back. */
export function yearsOfMembership(sinceMs: number, nowMs: number): number {
  const since = new Date(sinceMs);
  const now = new Date(nowMs);
  const years = now.getUTCFullYear() - since.getUTCFullYear();
  const anniversary = Date.UTC(
    now.getUTCFullYear(),
    since.getUTCMonth(),
    since.getUTCDate(),
    since.getUTCHours(),
    since.getUTCMinutes(),
    since.getUTCSeconds(),
    since.getUTCMilliseconds(),
  );
  return Math.max(0, nowMs < anniversary ? years - 1 : years);
}
