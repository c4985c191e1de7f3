// Forecasts of tropical cyclones in ATCF's comma-separated lines (NHC, JTWC): one line per lead time and
// wind radius. Only official forecasts count; the models in the same file are their ingredients.
import { HOUR_MS, KuraError } from '@kura/base';
import type {
  CycloneForecast,
  QuadrantRadiiNm,
  TrackPoint,
  WindKt,
  Zone,
} from '../../events/hazard-event.ts';
import { WIND_KT } from '../../events/hazard-event.ts';
import type { Report } from '../../events/report.ts';
import { MAX_LINES, MAX_MESSAGE_BYTES } from '../fetch/limits.ts';
import { circleShape } from '../formats/areas.ts';
import { severityOfWind } from '../formats/scales.ts';
import { needed, placeAt, readNumber, readTime, titleOf } from '../formats/values.ts';
import { type Reading, ReadingBuilder } from '../reading.ts';

export interface AtcfOptions {
  /** "2018091006": only this forecast. Absent: the newest of each storm. */
  readonly synopticTime?: string;
  /** Only forecasts that were released by then: how a replay knows no more than was known. Absent: all. */
  readonly asOfMs?: number;
}

/** NHC's and JTWC's own. */
const OFFICIAL: readonly (string | undefined)[] = ['OFCL', 'JTWC'];
/** Advisories are released three hours after the time they are for: 03, 09, 15 and 21 UTC. */
const RELEASE_MS = 3 * HOUR_MS;
const KM_PER_NM = 1.852;
const MAX_LEAD_HOURS = 240;
const MAX_WIND_KT = 250;
const MAX_RADIUS_NM = 1_500;

interface Line {
  readonly storm: string;
  readonly basin: string;
  readonly number: number;
  readonly synoptic: string;
  readonly synopticMs: number;
  readonly leadHours: number;
  readonly lat: number;
  readonly lon: number;
  readonly maxWindKt: number;
  readonly windKt: WindKt | undefined;
  readonly radiiNm: QuadrantRadiiNm;
  readonly name: string;
}

/** "250N", "495W": tenths of a degree. */
function degreesOf(text: string, positive: string, negative: string): number | undefined {
  const found = /^(\d{1,4})([NSEW])$/.exec(text);
  if (found === null) return undefined;
  const value = Number(found[1]) / 10;
  if (found[2] === positive) return value;
  return found[2] === negative ? -value : undefined;
}

function within(text: string, limit: number, what: string): number {
  const value = needed(readNumber(text), what);
  if (value >= 0 && value <= limit) return value;
  throw new KuraError('corrupt', `${what} is ${value}`);
}

/** Four quadrants clockwise from the one named, or one radius for the full circle. */
function radiiOf(windCode: string, fields: readonly string[]): QuadrantRadiiNm {
  const radii = fields.map((text) => within(text === '' ? '0' : text, MAX_RADIUS_NM, 'a radius'));
  const [a = 0, b = 0, c = 0, d = 0] = radii;
  if (windCode === 'AAA') return [a, a, a, a];
  if (windCode === 'NEQ' || windCode === '') return [a, b, c, d];
  throw new KuraError('corrupt', `wind radii are given by "${windCode.slice(0, 10)}"`);
}

function parseLine(text: string): Line | undefined {
  const fields = text.split(',', 40).map((field) => field.trim());
  const [basin = '', number = '', synoptic = '', , technique, lead = '', lat = '', lon = ''] =
    fields;
  if (!OFFICIAL.includes(technique)) return undefined;
  if (!/^[A-Z]{2}$/.test(basin) || !/^\d{2}$/.test(number) || !/^\d{10}$/.test(synoptic)) {
    throw new KuraError('corrupt', `an ATCF line begins "${text.slice(0, 40)}"`);
  }
  const [year, month, day, hour] = [0, 4, 6, 8].map((at) =>
    synoptic.slice(at, at === 0 ? 4 : at + 2),
  );
  const synopticMs = needed(readTime(`${year}-${month}-${day}T${hour}:00Z`), 'a synoptic time');
  const place = placeAt(degreesOf(lat, 'N', 'S'), degreesOf(lon, 'E', 'W'));
  const windText = fields[11] ?? '';
  const windKt = WIND_KT.find((each) => String(each) === windText);
  return {
    storm: `${basin}${number}`,
    basin,
    number: Number(number),
    synoptic,
    synopticMs,
    leadHours: within(lead, MAX_LEAD_HOURS, 'a lead time'),
    ...needed(place, 'the centre of a cyclone'),
    maxWindKt: within(fields[8] ?? '', MAX_WIND_KT, 'the wind of a cyclone'),
    windKt,
    radiiNm: windKt === undefined ? [0, 0, 0, 0] : radiiOf(fields[12] ?? '', fields.slice(13, 17)),
    name: fields[27] ?? '',
  };
}

/** A lead time may have several lines, one per wind radius. */
function trackOf(lines: readonly Line[]): TrackPoint[] {
  const points = [...Map.groupBy(lines, ({ leadHours }) => leadHours)].map(([leadHours, group]) => {
    const [{ lat, lon, maxWindKt }] = group as [Line, ...Line[]];
    const radiiNm: Partial<Record<WindKt, QuadrantRadiiNm>> = {};
    for (const line of group) {
      const hasRadius = line.radiiNm.some((radius) => radius > 0);
      if (line.windKt !== undefined && hasRadius) radiiNm[line.windKt] = line.radiiNm;
    }
    return { leadHours, centre: { lat, lon }, maxWindKt, radiiNm };
  });
  return points.sort((a, b) => a.leadHours - b.leadHours);
}

/** Circles of gale along the track: for maps, and for methods that know no tracks. */
export function cycloneZones(forecast: CycloneForecast): Zone[] {
  return forecast.track.map(({ centre, radiiNm, maxWindKt, leadHours }): Zone => {
    const gale = Math.max(0, ...(radiiNm[34] ?? [0]));
    return {
      shapes: [circleShape(centre, gale * KM_PER_NM)],
      codes: [],
      unplaced: 0,
      severity: severityOfWind(maxWindKt),
      certainty: leadHours === 0 ? 'observed' : leadHours <= 24 ? 'likely' : 'possible',
      urgency: leadHours <= 12 ? 'immediate' : 'future',
      onsetMs: forecast.synopticMs + leadHours * HOUR_MS,
    };
  });
}

export function cycloneReport(forecast: CycloneForecast, sentMs: number): Report {
  const { basin, number, season, name, synopticMs, track } = forecast;
  const id = `${basin}${String(number).padStart(2, '0')}${season}`;
  const lastLead = track.at(-1)?.leadHours ?? 0;
  return {
    source: 'nhc',
    identifier: `${id}@${synopticMs}`,
    stream: 'track',
    names: [`atcf:${id}`],
    type: 'update',
    isAllClear: false,
    references: [],
    kind: 'cyclone',
    title: titleOf(`Tropical cyclone ${name ?? id}`),
    zones: cycloneZones(forecast),
    sentMs,
    onsetMs: synopticMs,
    // A forecast of one hour is no forecast: without leads it counts until the next advisory is due.
    endMs: synopticMs + Math.max(lastLead, 12) * HOUR_MS,
    cyclone: forecast,
    isSecondHand: false,
  };
}

/** Real names are words; the file has other things in that column for invests. */
function nameOf(lines: readonly Line[]): string | undefined {
  const found = lines.map(({ name }) => name).find((name) => /^[A-Z][A-Z-]{2,20}$/.test(name));
  return found;
}

function forecastOf(lines: readonly Line[]): CycloneForecast {
  const [{ basin, number, synopticMs }] = lines as [Line, ...Line[]];
  const name = nameOf(lines);
  // The southern season that begins in July carries the next year's number.
  const date = new Date(synopticMs);
  const isNextSeason = basin === 'SH' && date.getUTCMonth() >= 6;
  return {
    basin,
    number,
    season: date.getUTCFullYear() + (isNextSeason ? 1 : 0),
    ...(name === undefined ? {} : { name }),
    synopticMs,
    track: trackOf(lines),
  };
}

/** An a-deck or `.fst` file. A bad line is a problem, and its lead time may be missing for it. */
export function readAtcf(bytes: Uint8Array, options: AtcfOptions = {}): Reading {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new KuraError('too_large', `an ATCF file has ${bytes.length} bytes`);
  }
  const texts = Buffer.from(bytes).toString('latin1').split('\n', MAX_LINES);
  const { asOfMs = Number.POSITIVE_INFINITY } = options;
  const builder = new ReadingBuilder();
  const storms = new Map<string, Line[]>();
  for (const [index, text] of texts.entries()) {
    if (text.trim() === '') continue;
    builder.part(`line ${index + 1}`, () => {
      const line = parseLine(text.slice(0, 1_000));
      if (line === undefined) return;
      if (options.synopticTime !== undefined && line.synoptic !== options.synopticTime) return;
      if (line.synopticMs + RELEASE_MS > asOfMs) return;
      const known = storms.get(line.storm);
      if (known?.[0] === undefined || known[0].synopticMs < line.synopticMs) {
        storms.set(line.storm, [line]);
      } else if (known[0].synopticMs === line.synopticMs) {
        known.push(line);
      }
    });
  }
  for (const lines of storms.values()) {
    const forecast = forecastOf(lines);
    builder.add(cycloneReport(forecast, forecast.synopticMs + RELEASE_MS));
  }
  return builder.done();
}
