// Hours, days, ISO weeks, months and years of a moment, where a person is. Pure: the offset from UTC comes in.

/** Milliseconds east of UTC at that time: 9 hours in Tokyo. */
export type Calendar = (timeMs: number) => number;

export const UTC: Calendar = () => 0;

/** Names of the spans that a moment is in; equal names, same span. */
export interface CivilTime {
  readonly year: string;
  readonly month: string;
  readonly week: string;
  readonly day: string;
  readonly hour: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** "2026-W53": ISO 8601, a week belongs to the year that its Thursday is in. */
function isoWeek(local: Date): string {
  const day = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
  const weekday = (local.getUTCDay() + 6) % 7; // Monday 0
  const thursday = new Date(day + (3 - weekday) * DAY_MS);
  const newYear = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - newYear) / DAY_MS / 7) + 1;
  return `${thursday.getUTCFullYear()}-W${week}`;
}

export function calendarAt(timeMs: number, calendar: Calendar): CivilTime {
  const local = new Date(timeMs + calendar(timeMs));
  const year = `${local.getUTCFullYear()}`;
  const month = `${year}-${local.getUTCMonth() + 1}`;
  return {
    year,
    month,
    week: isoWeek(local),
    day: `${month}-${local.getUTCDate()}`,
    hour: local.getUTCHours(),
  };
}
