// A network of a chosen size that nobody runs: stores and homes around the listed cities, members of three levels,
// their packs on stores that the planner itself ranks. The same seed gives the same network.
import { DAY_MS, GIB, HOUR_MS, must } from '@kura/base';
import type { StorePlace } from '@kura/contract';
import type {
  HazardEvent,
  TrackPoint,
  Zone,
} from '@kura/coordinator/hazards/events/hazard-event.ts';
import { NO_STORE, type PackColumns } from '@kura/coordinator/hazards/planner/pack-groups.ts';
import { rankAdditions } from '@kura/coordinator/hazards/planner/rank.ts';
import { type Demand, type PlannerStore, World } from '@kura/coordinator/hazards/planner/world.ts';
import { baseShocks } from '@kura/coordinator/hazards/risk/base-shocks.ts';
import { riskParameters } from '@kura/coordinator/hazards/risk/parameters.ts';
import { ratesOfSites } from '@kura/coordinator/hazards/risk/shocks.ts';
import { type Site, siteOf } from '@kura/coordinator/hazards/risk/sites.ts';
import { type RiskInput, riskPicture } from '@kura/coordinator/hazards/risk/table.ts';
import { HAZARD_KINDS } from '@kura/coordinator/placement/cities.ts';
import { listedCities, storePlaceOf } from '@kura/coordinator/placement/index.ts';
import { SeededRandom } from '@kura/testing';

export const NOW_MS = Date.UTC(2026, 8, 10);
const LEVELS = [1, 1, 1, 1, 1, 1, 2, 2, 2, 3] as const;
const SUITES = ['aes-256-ctr', 'chacha20', 'aes-256-ocb', 'camellia-256-ctr'] as const;
const PACK_BYTES = 16 * 1024 * 1024;
const COPIES = 2;
/** Members spread over the best so many stores, as growing networks do … */
const SPREAD = 8;
/** … and the packs of one lie on so many different sets. */
const SETS_PER_MEMBER = 3;

export interface PopulationSize {
  readonly stores: number;
  readonly homes: number;
  readonly members: number;
  readonly packs: number;
  readonly seed: number;
}

export interface Population {
  readonly stores: readonly PlannerStore[];
  readonly homes: readonly Site[];
  readonly base: Omit<RiskInput, 'events' | 'nowMs'>;
  readonly demands: readonly Demand[];
  readonly packs: PackColumns;
}

function sitesAround(count: number, prefix: string, random: SeededRandom): Site[] {
  const cities = listedCities();
  return Array.from({ length: count }, (_, index) => {
    const city = must(cities[index % cities.length], 'a city');
    const shift = (): number => (random.below(1001) - 500) / 1000;
    const place = { ...storePlaceOf(city), lat: city.lat + shift(), lon: city.lon + shift() };
    return siteOf(`${prefix}${index}`, place, { operator: `operator ${index % 40}` });
  });
}

export function makePopulation(size: PopulationSize): Population {
  const random = new SeededRandom(size.seed);
  const storeSites = sitesAround(size.stores, 'store ', random);
  const homes = sitesAround(size.homes, 'home ', random);
  const sites = [...storeSites, ...homes];
  const shocks = baseShocks(sites);
  const base = { sites, base: shocks, baseRates: ratesOfSites(shocks) };
  const capacityBytes = (6 * COPIES * PACK_BYTES * size.packs) / size.stores;
  const stores = storeSites.map((site, index): PlannerStore => {
    return {
      site,
      suite: SUITES[index % SUITES.length] ?? 'chacha20',
      state: 'active',
      stance: 'calm',
      minimumLevel: index % 10 === 0 ? 2 : 1,
      capacityBytes,
      freeBytes: capacityBytes,
      costPerGib: 1 + random.below(5),
      bytesPerSecond: (1 + random.below(10)) * 1.25e7,
      regions: [site.place.city, site.place.powerArea],
    };
  });
  const demands = Array.from({ length: size.members }, (): Demand => {
    return { level: random.pick(LEVELS), home: random.below(size.homes), copies: COPIES };
  });
  const quiet = riskPicture({ ...base, events: [], nowMs: NOW_MS });
  const world = new World({ stores, homes, picture: quiet });
  const packs = placePacks(world, demands, size.packs);
  return { stores: withPacks(stores, packs), homes, base, demands, packs };
}

function placePacks(world: World, demands: readonly Demand[], count: number): PackColumns {
  const demand = new Uint32Array(count);
  const sizeBytes = new Uint32Array(count).fill(PACK_BYTES);
  const stores = new Uint16Array(count * COPIES).fill(NO_STORE);
  const ranked = new Map<string, Uint16Array>();
  const rank = (wish: Demand, present: readonly number[]): Uint16Array => {
    const key = `${world.classOf(wish)}|${present.join()}`;
    const known =
      ranked.get(key) ?? rankAdditions(world, wish, { present, isUrgent: false }).stores;
    ranked.set(key, known);
    return known;
  };
  for (let pack = 0; pack < count; pack++) {
    const member = pack % demands.length;
    const wish = must(demands[member], 'a demand');
    demand[pack] = member;
    const set = Math.floor(pack / demands.length) % SETS_PER_MEMBER;
    const first = must(rank(wish, [])[member % SPREAD], 'a first store');
    const second = must(rank(wish, [first])[(member + set) % SPREAD], 'a second store');
    stores.set([first, second], pack * COPIES);
  }
  return { demand, sizeBytes, stores, width: COPIES };
}

/** Full as the packs make them, and at least half as large again. */
function withPacks(stores: readonly PlannerStore[], packs: PackColumns): PlannerStore[] {
  const used = new Float64Array(stores.length);
  for (const [at, store] of packs.stores.entries()) {
    const bytes = packs.sizeBytes[Math.floor(at / packs.width)] ?? 0;
    used[store] = (used[store] ?? 0) + 1.5 * bytes;
  }
  return stores.map((store, index) => {
    const held = used[index] ?? 0;
    const capacityBytes = Math.max(store.capacityBytes, 2 * held, GIB);
    return { ...store, capacityBytes, freeBytes: capacityBytes - held };
  });
}

// ── A bad day ─────────────────────────────────────────────────────────────────────────────────────

const ALERTS = ['flood', 'wind', 'winter', 'wildfire', 'tornado', 'volcano'] as const;
const SEVERITIES = ['minor', 'moderate', 'moderate', 'moderate', 'severe'] as const;
const CERTAINTIES = ['possible', 'likely', 'observed'] as const;

interface Centre {
  readonly lat: number;
  readonly lon: number;
}

/** Mostly alerts, a quarter small earthquakes, some cyclones and outages: more where they are common. */
export function eventsOfABadDay(count: number, seed: number): HazardEvent[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, (_, index): HazardEvent => {
    const kind = kindOf(index, random);
    const city = cityFor(kind, random);
    const shift = (): number => (random.below(4001) - 2000) / 1000;
    const centre = { lat: city.lat + shift(), lon: city.lon + shift() };
    const plain = { ...alertAt(`event ${index}`, centre, random), kind };
    if (kind === 'earthquake') return { ...plain, zones: [], ...quakeAt(centre, random) };
    if (kind === 'cyclone') return { ...plain, ...cycloneAt(centre, random) };
    if (kind !== 'power') return plain;
    const outage = { site: `store ${random.below(1000)}`, isGridDown: true, fuelHours: 48 };
    return { ...plain, zones: [], outage };
  });
}

function kindOf(index: number, random: SeededRandom): HazardEvent['kind'] {
  if (index % 4 === 0) return 'earthquake';
  if (index % 50 === 1) return 'cyclone';
  return index % 50 === 2 ? 'power' : random.pick(ALERTS);
}

/** A city, as likely as events of the kind are there; any, for kinds that come everywhere. */
function cityFor(kind: HazardEvent['kind'], random: SeededRandom): StorePlace {
  const { eventsPerYearByClass } = riskParameters().baseRate;
  const hazard = kind === 'wind' ? 'cyclone' : HAZARD_KINDS.find((one) => one === kind);
  const cities = listedCities();
  if (hazard === undefined) return random.pick(cities);
  const rates = cities.map(({ classes }) => eventsPerYearByClass[classes[hazard]] ?? 0);
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  let left = (random.below(1e6) / 1e6) * total;
  const index = rates.findIndex((rate) => {
    left -= rate;
    return left < 0;
  });
  return must(cities[index], 'a city');
}

function alertAt(id: string, centre: Centre, random: SeededRandom): HazardEvent {
  const corners = Array.from({ length: 40 }, (_, index) => {
    const angle = (index * Math.PI) / 20;
    const radius = 0.2 + random.below(100) / 100;
    return {
      lat: centre.lat + radius * Math.sin(angle),
      lon: centre.lon + radius * Math.cos(angle),
    };
  });
  const severity = random.pick(SEVERITIES);
  const certainty = random.pick(CERTAINTIES);
  const zone: Zone = {
    shapes: [{ type: 'polygon', rings: [corners] }],
    codes: [],
    unplaced: 0,
    severity,
    certainty,
    urgency: 'expected',
  };
  return {
    id,
    names: [id],
    kind: random.pick(ALERTS),
    source: 'cap',
    sources: ['cap'],
    title: id,
    severity,
    certainty,
    urgency: 'expected',
    zones: [zone],
    onsetMs: NOW_MS + random.below(48) * HOUR_MS,
    endMs: NOW_MS + 3 * DAY_MS,
    isEndAssumed: false,
    sentMs: NOW_MS,
    firstSeenMs: NOW_MS,
    changedMs: NOW_MS,
    state: 'active',
    chain: [],
    hints: [],
  };
}

export function quakeAt(
  epicentre: Centre,
  random: SeededRandom,
  magnitude = 4.5 + random.below(15) / 10,
): Pick<HazardEvent, 'earthquake' | 'onsetMs'> {
  const originMs = NOW_MS - random.below(48) * HOUR_MS;
  const depthKm = 5 + random.below(60);
  const earthquake = { originMs, epicentre, depthKm, magnitude, isMagnitudeAssumed: false };
  return { earthquake, onsetMs: originMs };
}

function cycloneAt(centre: Centre, random: SeededRandom): Pick<HazardEvent, 'cyclone'> {
  const track = [0, 12, 24, 36, 48, 72, 96, 120].map((leadHours): TrackPoint => {
    const back = (72 - leadHours) / 24;
    return {
      leadHours,
      centre: { lat: centre.lat - 2 * back, lon: centre.lon + 3 * back },
      maxWindKt: 70 + random.below(60),
      radiiNm: { 34: [150, 130, 80, 120], 50: [80, 70, 50, 60], 64: [40, 40, 30, 40] },
    };
  });
  return { cyclone: { basin: 'AL', number: 1, season: 2026, synopticMs: NOW_MS, track } };
}
