// Base rates that replace the editorial classes: what an operator knows better about places, and what insurers ask for
// in an area. A CSV with the columns city, hazard, measure, value, source; a row that makes no sense is refused
// with its number, because a base rate that is silently ignored moves nobody's data.
import { readFileSync } from 'node:fs';
import { KuraError } from '@kura/base';
import type { StorePlace } from '@kura/contract';
import {
  HAZARD_KINDS,
  type HazardKind,
  listedCities,
  listedCityOf,
} from '../../placement/cities.ts';
import { csvNumber, csvText, parseCsv } from '../../placement/csv.ts';
import { type CauseRate, causeRatesOf } from '../../placement/risk.ts';
import { riskParameters } from './parameters.ts';

/**
 * losses_per_year: expected losses of a copy there · events_per_year: of damaging intensity · premium_rate: what
 * insurance costs a year, as a share of the sum insured. Premiums are the weakest evidence: they count where no
 * frequency is published.
 */
export const MEASURES = ['losses_per_year', 'events_per_year', 'premium_rate'] as const;
export type Measure = (typeof MEASURES)[number];

export interface BaseRow {
  readonly city: string;
  readonly hazard: HazardKind;
  readonly measure: Measure;
  readonly value: number;
  /** Who says so. */
  readonly source: string;
}

/** City → hazard → row. */
export type BaseTable = ReadonlyMap<string, ReadonlyMap<HazardKind, BaseRow>>;

const SHIPPED = new URL('../../../../data/risk/base-japan-premiums.csv', import.meta.url);
/** Nothing destroys a place more often than this. */
const MOST_PER_YEAR = 10;

let shipped: BaseTable | undefined;

/** Insurance premium rates of Japanese prefectures; an operator's own table takes its place. */
export function shippedBaseTable(): BaseTable {
  shipped ??= parseBaseTable(readFileSync(SHIPPED, 'utf8'));
  return shipped;
}

/** Throws `corrupt` for a table that is none, and `usage` for a row that makes no sense. */
export function parseBaseTable(text: string): BaseTable {
  const known = new Set(listedCities().map(({ city }) => city));
  const table = new Map<string, Map<HazardKind, BaseRow>>();
  for (const [index, row] of parseCsv(text, 'table of base rates').entries()) {
    const refuse = (why: string): never => {
      throw new KuraError('usage', `row ${index + 1} of the base rates: ${why}`, {
        guidance: 'The columns are city, hazard, measure, value, source: see docs/design/risk.md.',
      });
    };
    const city = csvText(row, 'city');
    const hazard = HAZARD_KINDS.find((kind) => kind === csvText(row, 'hazard'));
    const measure = MEASURES.find((one) => one === csvText(row, 'measure'));
    const value = csvNumber(row, 'value');
    const source = csvText(row, 'source');
    if (!known.has(city)) return refuse(`no city "${city}" is listed`);
    if (hazard === undefined) return refuse('no such hazard');
    if (measure === undefined) return refuse('no such measure');
    if (value < 0 || value > MOST_PER_YEAR) return refuse(`${value} a year makes no sense`);
    if (source === '') return refuse('it names no source');
    const rows = table.get(city) ?? new Map<HazardKind, BaseRow>();
    if (rows.has(hazard)) return refuse(`${city} has two rates of ${hazard}`);
    table.set(city, rows.set(hazard, { city, hazard, measure, value, source }));
  }
  return table;
}

/** Losses per year by cause at a place: the table's where it has them, else those of the classes. */
export function baseRatesOf(place: StorePlace, table: BaseTable): readonly CauseRate[] {
  const rates = causeRatesOf(place);
  const listed = listedCityOf(place);
  const rows = table.get(listed?.city ?? '');
  if (listed === undefined || rows === undefined) return rates;
  return rates.map((rate) => {
    const row = rate.cause === 'building' ? undefined : rows.get(rate.cause);
    if (row === undefined) return rate;
    const isPublished = row.hazard === 'earthquake' && listed.earthquakesPerYear !== undefined;
    if (row.measure === 'premium_rate' && isPublished) return rate;
    return { ...rate, lossesPerYear: lossesOf(row) };
  });
}

function lossesOf({ hazard, measure, value }: BaseRow): number {
  const { lossGivenEvent, lossPerPremium } = riskParameters().baseRate;
  if (measure === 'losses_per_year') return value;
  return value * (measure === 'events_per_year' ? lossGivenEvent[hazard] : lossPerPremium);
}
