// From a cyclone's forecast to the probability that its winds reach a site. The whole track is shifted by one
// draw, scaled by how wrong forecasts of that lead time are; the draws are fixed points, so that the same
// forecast gives the same figures. What the cone does not say, rain and surge, comes from other feeds.
import type { Coordinates } from '../../placement/distance.ts';
import { type CycloneForecast, type TrackPoint, WIND_KT } from '../events/hazard-event.ts';
import { normalPoints } from './normal.ts';
import { riskParameters } from './parameters.ts';

const NM_PER_DEGREE = 60;
const MS_PER_KT = 0.514444;
/** No draw lies farther out than this many standard deviations. */
const MAX_SIGMAS = 4;
/** At the time of the analysis the centre is known to about this. */
const LEAST_SIGMA_NM = 5;

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Where the centre is forecast to be, and how far each wind reaches, every few hours. */
export interface TrackStep {
  readonly leadHours: number;
  readonly centre: Coordinates;
  readonly maxWindKt: number;
  /** Standard deviation of the forecast centre in each direction. */
  readonly sigmaNm: number;
  /** By wind of `WIND_KT`, by quadrant NE SE SW NW; 0 where it does not blow. */
  readonly radiiNm: readonly (readonly number[])[];
}

/** Pairs of x and y, ascending in x; constant beyond the ends. */
function interpolate(pairs: readonly (readonly [number, number])[], x: number): number {
  let before = pairs[0] ?? [0, 0];
  for (const after of pairs) {
    if (x <= after[0]) {
      const span = after[0] - before[0];
      return span === 0 ? after[1] : before[1] + ((after[1] - before[1]) * (x - before[0])) / span;
    }
    before = after;
  }
  return before[1];
}

/** The cone that was in force: of the season, or the latest before it, or else the earliest. */
function coneOf(forecast: CycloneForecast): readonly (readonly [number, number])[] {
  const { coneRadiiNm } = riskParameters().cyclone;
  const seasons = coneRadiiNm[forecast.basin] ?? coneRadiiNm.AL ?? {};
  const years = Object.keys(seasons)
    .map(Number)
    .sort((a, b) => a - b);
  const year = years.filter((one) => one <= forecast.season).at(-1) ?? years[0];
  return [[0, 0], ...(seasons[String(year)] ?? [])];
}

/**
 * By track point, the radii of one wind: the last forecast ones are carried on where none are given, while
 * the forecast wind is that strong.
 */
function carryRadii(track: readonly TrackPoint[], windKt: (typeof WIND_KT)[number]): number[][] {
  let last: readonly number[] = [0, 0, 0, 0];
  return track.map((point) => {
    const radii = point.radiiNm[windKt];
    if (radii?.some((radius) => radius > 0)) last = radii;
    return point.maxWindKt < windKt ? [0, 0, 0, 0] : [...last];
  });
}

export function trackSteps(forecast: CycloneForecast): TrackStep[] {
  const { lastHours, stepHours, sigmaPerCone } = riskParameters().cyclone;
  const track = forecast.track.filter((point) => point.leadHours <= lastHours);
  const cone = coneOf(forecast);
  const radii = WIND_KT.map((windKt) => carryRadii(track, windKt));
  const along = (pick: (point: TrackPoint, index: number) => number, hours: number): number =>
    interpolate(
      track.map((point, index) => [point.leadHours, pick(point, index)] as const),
      hours,
    );
  const firstLon = track[0]?.centre.lon ?? 0;
  // Longitudes run on over the date line.
  const runOn = (lon: number): number => lon - 360 * Math.round((lon - firstLon) / 360);
  const steps: TrackStep[] = [];
  const endHours = track.at(-1)?.leadHours ?? -1;
  for (let hours = track[0]?.leadHours ?? 0; hours <= endHours; hours += stepHours) {
    const maxWindKt = along((point) => point.maxWindKt, hours);
    steps.push({
      leadHours: hours,
      centre: {
        lat: along((point) => point.centre.lat, hours),
        lon: along((point) => runOn(point.centre.lon), hours),
      },
      maxWindKt,
      sigmaNm: Math.max(LEAST_SIGMA_NM, interpolate(cone, hours) / sigmaPerCone),
      radiiNm: WIND_KT.map((windKt, wind) =>
        [0, 1, 2, 3].map((quadrant) =>
          maxWindKt < windKt
            ? 0
            : along((_, index) => radii[wind]?.[index]?.[quadrant] ?? 0, hours),
        ),
      ),
    });
  }
  return steps;
}

/**
 * Per draw, the strongest wind that reaches the site: 0 none, else 1 + its index in `WIND_KT`; undefined if
 * none can. `damage` is Emanuel's, of the strongest forecast wind under which it lies.
 */
export interface SiteWinds {
  readonly bands: Uint8Array;
  readonly damage: Float32Array;
  /** Hours after the synoptic time at which the wind of any band first reaches it; infinite if never. */
  readonly firstHours: Float32Array;
}

const points = new Map<number, Float64Array>();

function drawsOf(count: number): Float64Array {
  const known = points.get(count) ?? normalPoints(count);
  points.set(count, known);
  return known;
}

export function windsAt(
  site: Coordinates,
  steps: readonly TrackStep[],
  count: number,
): SiteWinds | undefined {
  const { radiusFactor } = riskParameters().cyclone;
  const near = steps.filter((step) => isWithinReach(site, step, radiusFactor));
  if (near.length === 0) return undefined;
  const draws = drawsOf(count);
  const winds = {
    bands: new Uint8Array(count),
    damage: new Float32Array(count),
    firstHours: new Float32Array(count).fill(Number.POSITIVE_INFINITY),
  };
  for (const step of near) passBy(step, { site, draws, winds, radiusFactor });
  return winds;
}

interface Passing {
  readonly site: Coordinates;
  readonly draws: Float64Array;
  readonly winds: SiteWinds;
  readonly radiusFactor: number;
}

/** One step of the track, under every draw. */
function passBy(step: TrackStep, { site, draws, winds, radiusFactor }: Passing): void {
  const { x, y } = offsetNm(site, step);
  const { sigmaNm, leadHours } = step;
  const damage = emanuelDamage(step.maxWindKt * MS_PER_KT);
  const squares = Float64Array.from(step.radiiNm.flat(), (radius) => (radiusFactor * radius) ** 2);
  const widest = squares.reduce((most, square) => Math.max(most, square), 0);
  const strongest = WIND_KT.length - 1;
  for (let draw = 0; draw < winds.bands.length; draw++) {
    const dx = x - sigmaNm * (draws[2 * draw] ?? 0);
    const dy = y - sigmaNm * (draws[2 * draw + 1] ?? 0);
    const squared = dx * dx + dy * dy;
    if (squared >= widest) continue;
    const quadrant = dx >= 0 ? (dy >= 0 ? 0 : 1) : dy < 0 ? 2 : 3;
    let wind = strongest;
    while (wind >= 0 && squared >= (squares[4 * wind + quadrant] ?? 0)) wind--;
    if (wind < 0) continue;
    if (leadHours < (winds.firstHours[draw] ?? 0)) winds.firstHours[draw] = leadHours;
    if ((winds.bands[draw] ?? 0) <= wind) winds.bands[draw] = wind + 1;
    if (wind === strongest && damage > (winds.damage[draw] ?? 0)) winds.damage[draw] = damage;
  }
}

/** The site as seen from the forecast centre, east and north. */
function offsetNm(site: Coordinates, { centre }: TrackStep): { x: number; y: number } {
  const turn = 360 * Math.round((site.lon - centre.lon) / 360);
  const lon = site.lon - centre.lon - turn;
  return {
    x: lon * NM_PER_DEGREE * Math.cos(radians(site.lat)),
    y: (site.lat - centre.lat) * NM_PER_DEGREE,
  };
}

function isWithinReach(site: Coordinates, step: TrackStep, radiusFactor: number): boolean {
  const widest = Math.max(...(step.radiiNm[0] ?? [0]));
  if (widest === 0) return false;
  const { x, y } = offsetNm(site, step);
  return Math.hypot(x, y) < radiusFactor * widest + MAX_SIGMAS * step.sigmaNm;
}

/** Share of a building's value that a wind destroys (Emanuel 2011). */
export function emanuelDamage(windMs: number): number {
  const { thresholdMs, halfMs } = riskParameters().cyclone.damage;
  const cube = (Math.max(0, windMs - thresholdMs) / (halfMs - thresholdMs)) ** 3;
  return cube / (1 + cube);
}

/** Probability, 0–1, that a wind of 34, 50 and 64 knots reaches the site within the forecast. */
export function windProbabilities(
  site: Coordinates,
  forecast: CycloneForecast,
): readonly [number, number, number] {
  const { draws } = riskParameters().cyclone;
  const winds = windsAt(site, trackSteps(forecast), draws);
  if (winds === undefined) return [0, 0, 0];
  const atLeast = (band: number): number =>
    winds.bands.reduce((sum, one) => sum + (one >= band ? 1 : 0), 0) / draws;
  return [atLeast(1), atLeast(2), atLeast(3)];
}
