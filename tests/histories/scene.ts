// What a history begins with, drawn from its seed: stores of uneven size around the world, members of three levels
// with their homes and wishes, and packs where the planner puts them.
import { GIB, must } from '@kura/base';
import type { Demand, PlannerStore } from '@kura/coordinator/hazards/planner/world.ts';
import { baseShocks } from '@kura/coordinator/hazards/risk/base-shocks.ts';
import { ratesOfSites } from '@kura/coordinator/hazards/risk/shocks.ts';
import { type Site, siteOf } from '@kura/coordinator/hazards/risk/sites.ts';
import type { RiskInput } from '@kura/coordinator/hazards/risk/table.ts';
import { listedCities, storePlaceOf } from '@kura/coordinator/placement/index.ts';
import type { SeededRandom } from '@kura/testing';

export const START_MS = Date.UTC(2026, 5, 1);
const SUITES = ['aes-256-ctr', 'chacha20', 'aes-256-ocb'] as const;
/** Cities of one part of the world, so that hazards reach several stores. */
const CLUSTER = 30;

export interface Scene {
  readonly stores: readonly PlannerStore[];
  readonly homes: readonly Site[];
  /** Of the sites of stores, then homes. */
  readonly base: Omit<RiskInput, 'events' | 'nowMs'>;
  readonly demands: readonly Demand[];
  /** One per pack: whose it is, and how large. */
  readonly packs: readonly { readonly demand: number; readonly bytes: number }[];
}

export function drawScene(random: SeededRandom): Scene {
  const cities = listedCities();
  const from = random.below(cities.length);
  const near = Array.from({ length: CLUSTER }, (_, index) =>
    must(cities[(from + index) % cities.length], 'a city'),
  );
  const count = 5 + random.below(6);
  const places = Array.from({ length: count }, (_, index) =>
    index < 2 ? random.pick(cities) : random.pick(near),
  );
  const stores = places.map((city, index): PlannerStore => {
    const capacityBytes = (2 + random.below(40)) * GIB;
    return {
      site: siteOf(`store ${index}`, storePlaceOf(city)),
      suite: random.pick(SUITES),
      state: 'active',
      stance: 'calm',
      minimumLevel: random.chance(0.15) ? 2 : 1,
      capacityBytes,
      freeBytes: capacityBytes,
      costPerGib: 1 + random.below(3),
      bytesPerSecond: (1 + random.below(20)) * 2e4,
      regions: [city.city, city.country, city.powerArea],
    };
  });
  const homes = Array.from({ length: 3 }, (_, index) =>
    siteOf(`home ${index}`, storePlaceOf(random.pick(near))),
  );
  const sites = [...stores.map(({ site }) => site), ...homes];
  const shocks = baseShocks(sites);
  const demands = [1, 2, 3].flatMap((level) =>
    Array.from({ length: 1 + random.below(2) }, (): Demand => drawDemand(level, stores, random)),
  );
  const packs = demands.flatMap((_, demand) =>
    Array.from({ length: 1 + random.below(3) }, () => {
      return { demand, bytes: (1 + random.below(12)) * 0.125 * GIB };
    }),
  );
  const base = { sites, base: shocks, baseRates: ratesOfSites(shocks) };
  return { stores, homes, base, demands, packs };
}

function drawDemand(level: number, stores: readonly PlannerStore[], random: SeededRandom): Demand {
  const forbidden = random.chance(0.2) ? [random.pick(random.pick(stores).regions)] : undefined;
  return {
    level,
    home: random.below(3),
    copies: random.chance(0.2) ? 3 : 2,
    ...(forbidden === undefined ? {} : { forbidden }),
  };
}
