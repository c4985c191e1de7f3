// Spans of the calendar such as "1y5m7d2h", as restic writes them: m is months.
import { HOUR_MS, KuraError } from '@kura/base';
import type { Calendar } from './calendar.ts';

export interface CalendarDuration {
  readonly years: number;
  readonly months: number;
  readonly days: number;
  readonly hours: number;
}

/** As a person wrote it, and what it means. */
export interface RetentionDuration {
  readonly text: string;
  readonly duration: CalendarDuration;
}

const FORM = /^(?:(?<y>\d{1,4})y)?(?:(?<m>\d{1,5})m)?(?:(?<d>\d{1,6})d)?(?:(?<h>\d{1,7})h)?$/;

/** Throws `usage`. */
export function parseDuration(text: string): RetentionDuration {
  const groups = FORM.exec(text)?.groups;
  if (text === '' || groups === undefined) {
    throw new KuraError('usage', `"${text}" is not a span of time`, {
      guidance: 'Write years, months, days and hours in this order, such as 1y6m, 30d or 12h.',
    });
  }
  const { y = '0', m = '0', d = '0', h = '0' } = groups;
  const duration = { years: Number(y), months: Number(m), days: Number(d), hours: Number(h) };
  return { text, duration };
}

/** The moment that lies `duration` before `timeMs`; days are those of the calendar. */
export function beforeDuration(
  timeMs: number,
  duration: CalendarDuration,
  calendar: Calendar,
): number {
  const offsetMs = calendar(timeMs);
  const local = new Date(timeMs + offsetMs);
  // As in Go, and so in restic: 31 March minus a month is 3 March, the 31st day of February.
  local.setUTCFullYear(
    local.getUTCFullYear() - duration.years,
    local.getUTCMonth() - duration.months,
    local.getUTCDate() - duration.days,
  );
  return local.getTime() - offsetMs - duration.hours * HOUR_MS;
}
