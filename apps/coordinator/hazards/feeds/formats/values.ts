// Times, numbers and texts as feeds write them. Each reader gives undefined for what is not there or makes
// no sense; whoever needs the value says so with `needed`.
import { KuraError } from '@kura/base';
import type { Coordinates } from '../../../placement/distance.ts';
import { MAX_TITLE_CHARACTERS } from '../../events/limits.ts';

/** 1970 to 2100: what lies outside is a slip, and would break arithmetic with dates. */
const MAX_TIME_MS = Date.UTC(2100, 0, 1);

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?(Z|[+-]\d{2}:?\d{2})?$/;
const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2}(?:\.\d{1,9})?)(Z)$/;
const RFC_822_DATE = /(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})/.source;
const RFC_822_TIME = /(\d{2}):(\d{2})(?::(\d{2}))? (GMT|UTC|Z|[+-]\d{4})/.source;
const RFC_822 = new RegExp(`^${RFC_822_DATE} ${RFC_822_TIME}$`);
const MONTHS = 'JanFebMarAprMayJunJulAugSepOctNovDec';

function offsetMs(zone: string | undefined): number {
  const found = /^([+-])(\d{2}):?(\d{2})$/.exec(zone ?? '');
  if (found === null) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return (found[1] === '-' ? -minutes : minutes) * 60_000;
}

function utcMs(
  parts: readonly (string | undefined)[],
  zone: string | undefined,
): number | undefined {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts.map((part) =>
    Number(part ?? 0),
  );
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59) return undefined;
  const wholeMs = Date.UTC(year, month - 1, day, hour, minute) + Math.round(second * 1000);
  const timeMs = wholeMs - offsetMs(zone);
  return timeMs >= 0 && timeMs < MAX_TIME_MS ? timeMs : undefined;
}

/** Milliseconds since 1970. RFC 3339 (no zone means UTC), its form without punctuation, or RFC 822. */
export function readTime(text: string): number | undefined {
  const found = RFC_3339.exec(text) ?? BASIC.exec(text);
  if (found !== null) return utcMs(found.slice(1, 7), found[7]);
  const mail = RFC_822.exec(text);
  if (mail === null) return undefined;
  const month = MONTHS.indexOf(mail[2] ?? '') / 3 + 1;
  if (!Number.isInteger(month)) return undefined;
  return utcMs([mail[3], String(month), mail[1], mail[4], mail[5], mail[6]], mail[7]);
}

/** A time in milliseconds, as GeoJSON feeds give it. */
export function timeOfNumber(value: number | undefined): number | undefined {
  return value !== undefined && value >= 0 && value < MAX_TIME_MS ? value : undefined;
}

/** A plain decimal number, blanks around it allowed: never NaN, Infinity, hex or the empty text. */
export function readNumber(text: string): number | undefined {
  if (!/^\s*[+-]?(?:\d{1,12}(?:\.\d{0,20})?|\.\d{1,20})\s*$/.test(text)) return undefined;
  return Number(text);
}

/** "38.7 km (24.0 miles)" is 38.7: the number that a text begins with. */
export function leadingNumber(text: string): number | undefined {
  return readNumber(/^\s*[+-]?\d{1,12}(?:\.\d{1,20})?/.exec(text)?.[0] ?? '');
}

/** A place on Earth; longitudes up to a full turn are taken back to ±180. */
export function placeAt(lat: number | undefined, lon: number | undefined): Coordinates | undefined {
  if (lat === undefined || lon === undefined) return undefined;
  if (!(Math.abs(lat) <= 90) || !(Math.abs(lon) <= 360)) return undefined;
  return { lat, lon: lon > 180 ? lon - 360 : lon < -180 ? lon + 360 : lon };
}

/** One line, of bearable length. */
export function titleOf(...candidates: readonly string[]): string {
  const found = candidates
    .map((text) => text.replace(/\s+/g, ' ').trim())
    .find((text) => text !== '');
  return (found ?? '').slice(0, MAX_TITLE_CHARACTERS);
}

/** Identifiers beyond this are not identifiers. */
const MAX_IDENTIFIER_CHARACTERS = 300;

export function identifierOf(text: string, noun: string): string {
  const identifier = text.trim();
  if (identifier === '' || identifier.length > MAX_IDENTIFIER_CHARACTERS) {
    throw new KuraError('corrupt', `${noun} has no usable identifier`);
  }
  return identifier;
}

/** `value`, without which the message cannot be read. */
export function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new KuraError('corrupt', `${what} is missing or makes no sense`);
  return value;
}
