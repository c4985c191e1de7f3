// Hours of the week at which a plan may be used, in UTC: "mo-fr 0-6, sa-su 0-24".
import { DAY_MS, HOUR_MS, KuraError } from '@kura/base';

const DAYS = ['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'] as const;
const DAY_HOURS = 24;
const MAX_CHARACTERS = 200;
/** 1970 began on a Thursday. */
const FIRST_DAY = DAYS.indexOf('th');
const SPAN = /^([a-z]{2})(?:-([a-z]{2}))? (\d{1,2})-(\d{1,2})$/;

function refuse(text: string): never {
  throw new KuraError('usage', `"${text.slice(0, 60)}" are no hours of the week`, {
    guidance: 'Write them like "mo-fr 0-6, sa-su 0-24", in UTC.',
  });
}

function dayNumber(name: string, text: string): number {
  const day = (DAYS as readonly string[]).indexOf(name);
  return day < 0 ? refuse(text) : day;
}

/** Hours of the week, counted from Monday 0 h: 0 to 167. */
export type WeekHours = ReadonlySet<number>;

/** Throws `usage`. Days go round: "sa-mo" are three. */
export function parseWeekHours(text: string): WeekHours {
  const hours = new Set<number>();
  if (text.length > MAX_CHARACTERS) refuse(text);
  for (const span of text.split(',')) {
    const [, first, last, from, to] = SPAN.exec(span.trim()) ?? refuse(text);
    const begin = dayNumber(first ?? '', text);
    const end = last === undefined ? begin : dayNumber(last, text);
    if (Number(from) >= Number(to) || Number(to) > DAY_HOURS) refuse(text);
    for (let day = begin; ; day = (day + 1) % DAYS.length) {
      for (let hour = Number(from); hour < Number(to); hour++) hours.add(day * DAY_HOURS + hour);
      if (day === end) break;
    }
  }
  return hours;
}

export function weekHourOf(timeMs: number): number {
  const day = (Math.floor(timeMs / DAY_MS) + FIRST_DAY) % DAYS.length;
  return day * DAY_HOURS + Math.floor((timeMs % DAY_MS) / HOUR_MS);
}
