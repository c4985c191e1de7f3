// Row A1: which stores may hold a member's data depends on the level, and the level follows from the
// contract: the fee plan, and the years of membership.
import { assert } from '@kura/base';

/** A higher level goes first when safe space is short. */
export const LOWEST_LEVEL = 1;
export const HIGHEST_LEVEL = 3;

/** A plan's level from so many years of membership on. */
export interface LevelStep {
  readonly fromYears: number;
  readonly level: number;
}

export interface Standing {
  /** Of the plan, ascending; undefined: the owner says the level. */
  readonly steps: readonly LevelStep[] | undefined;
  readonly memberSinceMs: number;
  /** Counts without steps only. */
  readonly ownLevel: number;
}

export function levelOf({ steps, memberSinceMs, ownLevel }: Standing, nowMs: number): number {
  if (steps === undefined) {
    assert(isLevel(ownLevel), 'a level is a whole number from 1 to 3');
    return ownLevel;
  }
  const years = yearsOfMembership(memberSinceMs, nowMs);
  let level = LOWEST_LEVEL;
  for (const step of steps) if (years >= step.fromYears) level = step.level;
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
