// The small languages of an operator's options: days, levels by years.
import { isoTime } from '@kura/base';
import { InvalidArgumentError } from 'commander';

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;

/** "2027-04-01" (0 h UTC) or "2027-04-01T12:00:00Z" in milliseconds. */
export function momentOf(text: string): number {
  const timeMs = DAY.test(text) || TIME.test(text) ? Date.parse(text) : Number.NaN;
  const isReal = timeMs >= 0 && isoTime(timeMs).startsWith(text.slice(0, 10));
  if (isReal) return timeMs;
  throw new InvalidArgumentError('It is a day such as 2027-04-01, or a time in UTC.');
}

export interface LevelFrom {
  readonly fromYears: number;
  readonly level: number;
}

/** "0=1,5=2": level 1 at once, level 2 from the fifth year on. */
export function levelsOf(text: string): readonly LevelFrom[] {
  return text.split(',').map((step) => {
    const [, fromYears, level] = /^(\d{1,3})=([123])$/.exec(step.trim()) ?? [];
    if (fromYears === undefined || level === undefined) {
      throw new InvalidArgumentError('Levels are 1 to 3 by years of membership: 0=1,5=2.');
    }
    return { fromYears: Number(fromYears), level: Number(level) };
  });
}

/** "2027-04-01", or what stands for none. */
export function dayText(timeMs: number | undefined, none = ''): string {
  return timeMs === undefined ? none : isoTime(timeMs).slice(0, 10);
}

export function timeJson(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : isoTime(timeMs);
}

/** 32 lower-case hexadecimal characters, as `certificates list` shows them. */
export function serialOf(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new InvalidArgumentError('A serial is 32 hexadecimal characters.');
}
