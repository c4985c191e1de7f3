// How likely a place loses a copy within a year, before any live hazard, and how likely two places lose
// theirs to the same event. Formulas, parameters and where each comes from: docs/design/placement.md. The
// figures rank places; they are not an insurer's.
import { must } from '@kura/base';
import type { StorePlace } from '@kura/contract';
import { HAZARD_KINDS, type HazardKind, listedCities, listedCityOf } from './cities.ts';
import { distanceKm } from './distance.ts';

/** What can take a copy: a hazard of the region, or something that befalls the one building. */
export type LossCause = HazardKind | 'building';

/** Events of damaging intensity per year, by class 0–4 (editorial; steps of about 5). */
const EVENTS_PER_YEAR = [0, 1e-4, 5e-4, 2e-3, 1e-2] as const;

interface LossParameters {
  /** Probability that a copy at the place is destroyed, given an event there. */
  readonly lossGivenEvent: number;
  /** e-folding distance over which two places suffer the same event. */
  readonly reachKm: number;
}

/** Editorial start values, to be fitted when outcomes are known. */
const PARAMETERS: Readonly<Record<HazardKind, LossParameters>> = {
  earthquake: { lossGivenEvent: 1e-2, reachKm: 300 },
  cyclone: { lossGivenEvent: 1e-3, reachKm: 250 },
  flood: { lossGivenEvent: 2e-3, reachKm: 50 },
  tsunami: { lossGivenEvent: 5e-2, reachKm: 800 },
  volcano: { lossGivenEvent: 1e-2, reachKm: 150 },
  wildfire: { lossGivenEvent: 3e-3, reachKm: 20 },
};

/** Fire, water or people in one building: the floor under every estimate. Editorial. */
const BUILDING_LOSSES_PER_YEAR = 1e-4;
const BUILDING_REACH_KM = 1;

export interface CauseRate {
  readonly cause: LossCause;
  /** Expected losses of a copy per year. */
  readonly lossesPerYear: number;
  readonly reachKm: number;
}

type Listed = ReturnType<typeof listedCities>[number];

function ratesOfListed(city: Listed): CauseRate[] {
  const rates: CauseRate[] = HAZARD_KINDS.map((cause) => {
    const { lossGivenEvent, reachKm } = PARAMETERS[cause];
    const byClass = must(EVENTS_PER_YEAR[city.classes[cause]], 'a hazard class is 0 to 4');
    const published = cause === 'earthquake' ? city.earthquakesPerYear : undefined;
    return { cause, lossesPerYear: (published ?? byClass) * lossGivenEvent, reachKm };
  });
  const building = { cause: 'building', lossesPerYear: BUILDING_LOSSES_PER_YEAR } as const;
  return [...rates, { ...building, reachKm: BUILDING_REACH_KM }];
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
