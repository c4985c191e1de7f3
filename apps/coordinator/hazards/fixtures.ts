// Worlds of a few cities and events by hand, for the tests of risk, planner and moves.
import { GIB, HOUR_MS } from '@kura/base';
import { findCity, storePlaceOf } from '../placement/cities.ts';
import type { HazardEvent, Zone } from './events/hazard-event.ts';
import { type PlannerStore, World } from './planner/world.ts';
import { baseShocks } from './risk/base-shocks.ts';
import { ratesOfSites } from './risk/shocks.ts';
import { type Site, type SiteFacts, siteOf } from './risk/sites.ts';
import { FIRST_STANCE, nextStance, type RiskPicture, riskPicture } from './risk/table.ts';

export const NOW_MS = Date.UTC(2026, 0, 1);

export const siteIn = (city: string, facts: SiteFacts = {}): Site =>
  siteOf(city, storePlaceOf(findCity(city)), facts);

export function pictureOf(
  sites: readonly Site[],
  events: readonly HazardEvent[] = [],
  nowMs = NOW_MS,
): RiskPicture {
  const base = baseShocks(sites);
  return riskPicture({ sites, base, baseRates: ratesOfSites(base), events, nowMs });
}

export type StoreFields = Partial<Omit<PlannerStore, 'site'>> & { readonly id?: string };

export function storeIn(city: string, { id = city, ...fields }: StoreFields = {}): PlannerStore {
  const { country, powerArea } = findCity(city);
  return {
    site: { ...siteIn(city), id },
    suite: 'aes-256-ctr',
    state: 'active',
    stance: 'calm',
    minimumLevel: 1,
    capacityBytes: 1000 * GIB,
    freeBytes: 1000 * GIB,
    costPerGib: 1,
    bytesPerSecond: 1e8,
    regions: [city, country, powerArea],
    ...fields,
  };
}

export interface WorldFields {
  readonly stores: readonly PlannerStore[];
  readonly homes?: readonly string[];
  readonly events?: readonly HazardEvent[];
  readonly nowMs?: number;
}

/** A world whose stances follow from the events, as if they had just been heard of. */
export function worldOf({
  stores,
  homes = ['tokyo'],
  events = [],
  nowMs = NOW_MS,
}: WorldFields): World {
  const homeSites = homes.map((city) => ({ ...siteIn(city), id: `home:${city}` }));
  const picture = pictureOf([...stores.map(({ site }) => site), ...homeSites], events, nowMs);
  const now = stores.map((store, index) => {
    const risk = picture.sites[index] ?? { lost: 0, unreachable: 0 };
    const stance = nextStance(FIRST_STANCE, risk, nowMs).stance;
    return { ...store, stance: store.stance === 'calm' ? stance : store.stance };
  });
  return new World({ stores: now, homes: homeSites, picture });
}

export type EventFields = Partial<HazardEvent> & {
  readonly at?: string;
  readonly radiusKm?: number;
};

/** An event in force around a city. */
export function eventOf({ at = 'tokyo', radiusKm = 50, ...fields }: EventFields = {}): HazardEvent {
  const { lat, lon } = findCity(at);
  const severity = fields.severity ?? 'extreme';
  const certainty = fields.certainty ?? 'observed';
  const zone: Zone = {
    shapes: [{ type: 'circle', centre: { lat, lon }, radiusKm }],
    codes: [],
    unplaced: 0,
    severity,
    certainty,
    urgency: 'immediate',
  };
  return {
    id: `test:${fields.kind ?? 'flood'}:${at}`,
    names: [],
    kind: 'flood',
    source: 'cap',
    sources: ['cap'],
    title: `flood at ${at}`,
    severity,
    certainty,
    urgency: 'immediate',
    zones: [zone],
    onsetMs: NOW_MS,
    endMs: NOW_MS + 24 * HOUR_MS,
    isEndAssumed: false,
    sentMs: NOW_MS,
    firstSeenMs: NOW_MS,
    changedMs: NOW_MS,
    state: 'active',
    chain: [],
    hints: [],
    ...fields,
  };
}

/** The grid at a store's city is down. */
export function outageAt(city: string, fields: Partial<HazardEvent> = {}): HazardEvent {
  const outage = { site: city, isGridDown: true, fuelHours: 48 };
  return eventOf({ at: city, kind: 'power', source: 'store', outage, zones: [], ...fields });
}
