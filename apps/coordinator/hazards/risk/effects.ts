// What one event does to sites: the probability that it strikes at all, and of both outcomes at each site if it
// does. A cyclone strikes in many ways, one per shifted track. Sites that it does not touch are left out.
import { DAY_MS, HOUR_MS } from '@kura/base';
import { distanceKm } from '../../placement/distance.ts';
import { distanceToZoneKm } from '../events/geometry.ts';
import type { HazardEvent, ShakeGrid, Zone } from '../events/hazard-event.ts';
import { boxAround, isInBox } from './box.ts';
import { trackSteps, windsAt } from './cyclone.ts';
import {
  intensityMmi,
  NO_OUTCOMES,
  type Outcomes,
  outcomesOfAftershocks,
  outcomesOfShaking,
} from './earthquake.ts';
import { type AlertKind, riskParameters, severityIndex } from './parameters.ts';
import type { Site } from './sites.ts';

/** One way in which an event strikes. */
export interface Strike {
  /** 0–1, within the horizon. */
  readonly probability: number;
  /** Indices of the sites that it reaches, each once, and what it does there. */
  readonly sites: readonly number[];
  readonly outcomes: readonly Outcomes[];
  /** When it reaches each of them, where that is not the event's onset. */
  readonly harmMs?: readonly number[];
}

export interface Moment {
  readonly nowMs: number;
  readonly horizonHours: number;
  /** Stores without grid by power area, in the whole world: the second report confirms the first. */
  readonly outages?: ReadonlyMap<string, number>;
}

/** Below this nothing is said about a site: it is a tenth of the least risk that any decision looks at. */
const LEAST_PROBABILITY = 1e-9;

/** Outside of its zone an alert counts as far as this many e-foldings: to a ten-thousandth. */
const MOST_REACHES = 9;

/** Less than this damages nothing. */
const LEAST_MMI = 3;

/** How the event strikes: nothing, one way, or several that exclude each other. */
export function strikesOf(event: HazardEvent, sites: readonly Site[], moment: Moment): Strike[] {
  if (event.state === 'cancelled' || event.kind === 'other') return [];
  if (event.kind === 'earthquake') return strikesOfEarthquake(event, sites, moment);
  if (event.kind === 'power') return strikesOfOutage(event, sites, moment);
  if (event.kind === 'cyclone' && event.cyclone !== undefined) {
    return strikesOfCyclone(event, sites, moment);
  }
  return strikesOfAlert(event, { kind: event.kind, sites, moment });
}

/** 1 from a horizon before the onset to the end, fading after it. */
export function presenceOf(event: HazardEvent, moment: Moment, fadeHours: number): number {
  const { nowMs, horizonHours } = moment;
  if (nowMs < event.onsetMs - horizonHours * HOUR_MS) return 0;
  const isOver = event.state === 'ended' || event.state === 'stale';
  const endMs = event.endMs ?? (isOver ? event.changedMs : Number.POSITIVE_INFINITY);
  const hours = Math.max(0, nowMs - endMs) / HOUR_MS;
  return Math.exp(-hours / fadeHours);
}

function collect(
  probability: number,
  sites: readonly Site[],
  outcomesAt: (site: Site, index: number) => Outcomes,
): Strike[] {
  const reached: number[] = [];
  const outcomes: Outcomes[] = [];
  for (const [index, site] of sites.entries()) {
    const at = outcomesAt(site, index);
    if (probability * Math.max(at.lost, at.unreachable) < LEAST_PROBABILITY) continue;
    reached.push(index);
    outcomes.push(at);
  }
  return reached.length === 0 ? [] : [{ probability, sites: reached, outcomes }];
}

// ── Alerts ────────────────────────────────────────────────────────────────────────────────────────

interface AlertInput {
  readonly kind: AlertKind;
  readonly sites: readonly Site[];
  readonly moment: Moment;
}

function strikesOfAlert(event: HazardEvent, { kind, sites, moment }: AlertInput): Strike[] {
  const { alerts } = riskParameters();
  const { reachKm, fadeHours, lost, unreachable } = alerts.kinds[kind];
  const presence = presenceOf(event, moment, fadeHours);
  if (presence === 0) return [];
  const certaintyOf = ({ certainty }: Zone): number =>
    (certainty === 'likely' ? alerts.likelyByKind[kind] : undefined) ?? alerts.certainty[certainty];
  const most = event.zones.reduce((best, zone) => Math.max(best, certaintyOf(zone)), 0);
  if (most === 0) return [];
  const boxes = event.zones.map((zone) => boxAround(zone, reachKm * MOST_REACHES));
  return collect(presence * most, sites, (site) => {
    const exposure = kind === 'tsunami' ? site.tsunamiExposure : 1;
    let worst = NO_OUTCOMES;
    for (const [index, zone] of exposure === 0 ? [] : event.zones.entries()) {
      if (!isInBox(site.place, boxes[index])) continue;
      const km = distanceToZoneKm(site.place, zone);
      const weight = (exposure * Math.exp(-km / reachKm) * certaintyOf(zone)) / most;
      const severity = severityIndex(zone.severity);
      worst = {
        lost: Math.max(worst.lost, weight * lost[severity]),
        unreachable: Math.max(worst.unreachable, weight * unreachable[severity]),
      };
    }
    return worst;
  });
}

// ── Earthquakes ───────────────────────────────────────────────────────────────────────────────────

/** Modified Mercalli at a place of the grid, between its four neighbours; undefined outside of it. */
export function shakingOnGrid(grid: ShakeGrid, lat: number, lon: number): number | undefined {
  const row = (grid.north - lat) / grid.stepLat;
  const turn = 360 * Math.floor((lon - grid.west) / 360);
  const column = (lon - turn - grid.west) / grid.stepLon;
  const [top, left] = [Math.floor(row), Math.floor(column)];
  if (top < 0 || left < 0 || top + 1 >= grid.rows || left + 1 >= grid.columns) return undefined;
  const at = (r: number, c: number): number => grid.mmi[r * grid.columns + c] ?? 0;
  const [down, right] = [row - top, column - left];
  const upper = at(top, left) * (1 - right) + at(top, left + 1) * right;
  const lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right;
  return upper * (1 - down) + lower * down;
}

/** What an agency says about the zone in which the site lies. */
function shakingOfZones(zones: readonly Zone[], site: Site): number | undefined {
  let most: number | undefined;
  for (const zone of zones) {
    if (zone.intensityMmi === undefined || zone.intensityMmi <= (most ?? 0)) continue;
    if (distanceToZoneKm(site.place, zone) === 0) most = zone.intensityMmi;
  }
  return most;
}

/** None has happened: an agency says that one is likelier than usual. */
function isAdvisory({ earthquake, certainty, zones }: HazardEvent): boolean {
  const isShaken = zones.some(({ intensityMmi: stated }) => stated !== undefined);
  return earthquake === undefined && certainty === 'possible' && !isShaken;
}

/** A great earthquake, as likely as the agency's word makes it, that shakes the whole area at once. */
function strikesOfAdvisory(event: HazardEvent, sites: readonly Site[], moment: Moment): Strike[] {
  const { advisory, fadeHours } = riskParameters().earthquake;
  const presence = presenceOf(event, moment, fadeHours);
  const probability = presence * advisory.probability[severityIndex(event.severity)];
  return collect(probability, sites, ({ place, medians }) => {
    const isThere = event.zones.some((zone) => distanceToZoneKm(place, zone) === 0);
    return isThere ? outcomesOfShaking(advisory.intensityMmi, medians) : NO_OUTCOMES;
  });
}

function strikesOfEarthquake(event: HazardEvent, sites: readonly Site[], moment: Moment): Strike[] {
  if (isAdvisory(event)) return strikesOfAdvisory(event, sites, moment);
  const { reachKm, fadeHours } = riskParameters().earthquake;
  const { earthquake: quake, zones } = event;
  const originMs = quake?.originMs ?? event.onsetMs;
  const ageMs = Math.max(0, moment.nowMs - originMs);
  const presence = Math.exp(-ageMs / HOUR_MS / fadeHours);
  const window = {
    fromDays: ageMs / DAY_MS,
    toDays: ageMs / DAY_MS + moment.horizonHours / 24,
  };
  return collect(1, sites, (site) => {
    const surfaceKm =
      quake === undefined ? Number.POSITIVE_INFINITY : distanceKm(site.place, quake.epicentre);
    const stated = shakingOfZones(zones, site);
    if (surfaceKm > reachKm && stated === undefined) return NO_OUTCOMES;
    const { lat, lon } = site.place;
    const measured = quake?.shakeGrid && shakingOnGrid(quake.shakeGrid, lat, lon);
    const hypocentralKm = Math.hypot(surfaceKm, quake?.depthKm ?? 0);
    const modelled = quake === undefined ? undefined : intensityMmi(quake.magnitude, hypocentralKm);
    const mmi = measured ?? stated ?? modelled;
    const worst = Math.max(mmi ?? 0, modelled ?? 0);
    if (mmi === undefined || worst < LEAST_MMI) return NO_OUTCOMES;
    const main = outcomesOfShaking(mmi, site.medians);
    const after =
      quake === undefined
        ? NO_OUTCOMES
        : outcomesOfAftershocks(
            { magnitude: quake.magnitude, hypocentralKm },
            site.medians,
            window,
          );
    return {
      lost: either(presence * main.lost, after.lost),
      unreachable: either(presence * main.unreachable, after.unreachable),
    };
  });
}

const either = (a: number, b: number): number => 1 - (1 - a) * (1 - b);

// ── Power ─────────────────────────────────────────────────────────────────────────────────────────

/** The grid is down at one store. Whether it is down in the whole area is told by the second store. */
function strikesOfOutage(event: HazardEvent, sites: readonly Site[], moment: Moment): Strike[] {
  const { outage } = event;
  if (outage === undefined || !outage.isGridDown || event.state === 'ended') return [];
  const power = riskParameters().power;
  const here = sites.find((site) => site.id === outage.site || site.place.city === outage.site);
  if (here === undefined) return [];
  const fuelHours = outage.fuelHours ?? power.fuelHours;
  const hours = Math.max(0, moment.nowMs - event.onsetMs) / HOUR_MS;
  const used = fuelHours <= 0 ? 1 : Math.min(1, hours / fuelHours);
  const unreachable = power.unreachable + used * (power.unreachableWithoutFuel - power.unreachable);
  const outOfFuelMs = event.onsetMs + fuelHours * HOUR_MS;
  const strikes = collect(1, sites, (site) => {
    if (site.id === here.id) return { lost: power.lost, unreachable };
    if (site.place.powerArea !== here.place.powerArea) return NO_OUTCOMES;
    const km = distanceKm(site.place, here.place);
    const isConfirmed = (moment.outages?.get(here.place.powerArea) ?? 0) > 1;
    const weight = isConfirmed ? 1 : power.onOneReport * Math.exp(-km / power.reachKm);
    return { lost: weight * power.lost, unreachable: weight * unreachable };
  });
  // Until then its generator runs, if all goes well.
  return strikes.map((strike) => ({ ...strike, harmMs: strike.sites.map(() => outOfFuelMs) }));
}

// ── Cyclones ──────────────────────────────────────────────────────────────────────────────────────

/** Outcomes under a wind band of `windsAt`. */
export function outcomesOfWind(band: number, damage: number): Outcomes {
  if (band === 0) return NO_OUTCOMES;
  const { lossOfDamage } = riskParameters().cyclone;
  const { lost, unreachable } = riskParameters().alerts.kinds.cyclone;
  const severity = (band - 1) as 0 | 1 | 2;
  return {
    lost: Math.max(lost[severity], lossOfDamage * damage),
    unreachable: unreachable[severity],
  };
}

function strikesOfCyclone(event: HazardEvent, sites: readonly Site[], moment: Moment): Strike[] {
  const { cyclone } = event;
  if (cyclone === undefined) return [];
  const { shocks } = riskParameters().cyclone;
  const { fadeHours } = riskParameters().alerts.kinds.cyclone;
  const presence = presenceOf(event, moment, fadeHours);
  const steps = trackSteps(cyclone);
  const touched = sites.flatMap((site, index) => {
    const winds = windsAt(site.place, steps, shocks);
    return winds === undefined ? [] : [{ index, winds }];
  });
  const strikes: Strike[] = [];
  for (let draw = 0; draw < shocks; draw++) {
    const hit = touched.filter(({ winds }) => (winds.bands[draw] ?? 0) > 0);
    if (hit.length === 0) continue;
    strikes.push({
      probability: presence / shocks,
      sites: hit.map(({ index }) => index),
      outcomes: hit.map(({ winds }) =>
        outcomesOfWind(winds.bands[draw] ?? 0, winds.damage[draw] ?? 0),
      ),
      harmMs: hit.map(({ winds }) => cyclone.synopticMs + (winds.firstHours[draw] ?? 0) * HOUR_MS),
    });
  }
  return strikes;
}
