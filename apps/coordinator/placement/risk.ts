// How likely a place loses a copy within a year, before any live hazard, and how likely two places lose
// theirs to the same event. Formulas, parameters and where each comes from: docs/design/placement.md. The
// figures rank places; they are not an insurer's.
import { must } from '@kura/base';
import type { StorePlace } from '@kura/contract';
import { riskParameters } from '../hazards/risk/parameters.ts';
import { HAZARD_KINDS, type HazardKind, listedCities, listedCityOf } from './cities.ts';
import { distanceKm } from './distance.ts';

/** What can take a copy: a hazard of the region, or something that befalls the one building. */
export type LossCause = HazardKind | 'building';

export interface CauseRate {
  readonly cause: LossCause;
  /** Expected losses of a copy per year. */
  readonly lossesPerYear: number;
  readonly reachKm: number;
}

type Listed = ReturnType<typeof listedCities>[number];

function ratesOfListed(city: Listed): CauseRate[] {
  const { eventsPerYearByClass, lossGivenEvent, reachKm, buildingLossesPerYear, buildingReachKm } =
    riskParameters().baseRate;
  const rates: CauseRate[] = HAZARD_KINDS.map((cause) => {
    const byClass = must(eventsPerYearByClass[city.classes[cause]], 'a hazard class is 0 to 4');
    const published = cause === 'earthquake' ? city.earthquakesPerYear : undefined;
    const lossesPerYear = (published ?? byClass) * lossGivenEvent[cause];
    return { cause, lossesPerYear, reachKm: reachKm[cause] };
  });
  const building = { cause: 'building', lossesPerYear: buildingLossesPerYear } as const;
  return [...rates, { ...building, reachKm: buildingReachKm }];
}

const total = (rates: readonly CauseRate[]): number =>
  rates.reduce((sum, rate) => sum + rate.lossesPerYear, 0);

let worst: readonly CauseRate[] | undefined;

/** A place nobody knows counts as the worst one that is known. */
function worstRates(): readonly CauseRate[] {
  worst ??= listedCities()
    .map(ratesOfListed)
    .reduce((most, rates) => (total(rates) > total(most) ? rates : most));
  return worst;
}

const known = new Map<string, readonly CauseRate[]>();

/** Losses per year by cause at a place; of the nearest listed city if it is not itself listed. */
export function causeRatesOf(place: StorePlace): readonly CauseRate[] {
  const city = listedCityOf(place);
  if (city === undefined) return worstRates();
  const rates = known.get(city.city) ?? ratesOfListed(city);
  known.set(city.city, rates);
  return rates;
}

/** Probability, 0–1, of losing a copy that lies there within a year. */
export function baseRiskOf(place: StorePlace): number {
  return -Math.expm1(-total(causeRatesOf(place)));
}

export interface PlaceAtRisk {
  readonly place: StorePlace;
  /** 0–1 a year: `baseRiskOf(place)`, or what a risk table says now. */
  readonly risk: number;
}

/**
 * Probability, 0–1, that both are lost within a year: independently, or to one event that reaches both.
 * The risk of each is split among causes as its place's rates are.
 */
export function jointRisk(a: PlaceAtRisk, b: PlaceAtRisk): number {
  const km = distanceKm(a.place, b.place);
  const ratesA = causeRatesOf(a.place);
  const ratesB = causeRatesOf(b.place);
  const totalA = total(ratesA);
  const totalB = total(ratesB);
  let joint = a.risk * b.risk;
  for (const [index, rateA] of ratesA.entries()) {
    const rateB = must(ratesB[index], 'places have the same causes');
    const riskA = (a.risk * rateA.lossesPerYear) / totalA;
    const riskB = (b.risk * rateB.lossesPerYear) / totalB;
    const shared = Math.exp(-km / rateA.reachKm);
    joint += shared * Math.sqrt(riskA * (1 - riskA) * riskB * (1 - riskB));
  }
  return Math.min(joint, a.risk, b.risk);
}

/** Probability that `later` is lost within the year in which `earlier` is. */
export function conditionalRisk(later: PlaceAtRisk, earlier: PlaceAtRisk): number {
  return earlier.risk === 0 ? later.risk : jointRisk(later, earlier) / earlier.risk;
}
