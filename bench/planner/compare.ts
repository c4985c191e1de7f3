// `npm run placement:compare [-- --histories N --seed S]`: the planner's placement against random stores and against
// those farthest from home, on the same networks and the same years of hazards. Writes
// the last part of docs/benchmarks.md and ends with one line of figures.
import { parseArgs } from 'node:util';
import { GIB, HOUR_MS, must } from '@kura/base';
import type { HazardEvent } from '@kura/coordinator/hazards/events/hazard-event.ts';
import { planSet } from '@kura/coordinator/hazards/planner/plan.ts';
import { type Demand, type PlannerStore, World } from '@kura/coordinator/hazards/planner/world.ts';
import { baseShocks } from '@kura/coordinator/hazards/risk/base-shocks.ts';
import { ratesOfSites } from '@kura/coordinator/hazards/risk/shocks.ts';
import { type Site, siteOf } from '@kura/coordinator/hazards/risk/sites.ts';
import {
  FIRST_STANCE,
  nextStance,
  type RiskPicture,
  riskPicture,
} from '@kura/coordinator/hazards/risk/table.ts';
import type { Coordinates } from '@kura/coordinator/placement/distance.ts';
import { distanceKm, listedCities, storePlaceOf } from '@kura/coordinator/placement/index.ts';
import { SeededRandom } from '@kura/testing';
import { PLACEMENT_HEADING, writePlacement } from '../page.ts';
import { eventsOfABadDay, NOW_MS } from './population.ts';

const STORES = 20;
const MEMBERS = 30;
const COPIES = 2;
const MEMBER_BYTES = 20 * GIB;
const EVENTS = 60;
const COLUMNS = [
  'loss',
  '× planner',
  'on the day',
  '× planner',
  'after moves',
  '× planner',
  'closest km',
  'moves per network',
  'GiB moved',
] as const;
const METHODS = ['planner', 'farthest from all', 'farthest from home', 'random'] as const;
type Method = (typeof METHODS)[number];

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});
const histories = Number(values.histories);
const firstSeed = Number(values.seed);

interface Score {
  /** Expected losses of home and all copies per year and member, by base rates; each history one value. */
  readonly lossPerYear: number[];
  /** The same on the day of the hazards, before anything moves. */
  readonly lossOnTheDay: number[];
  /** And after what the method's moves would make of it. */
  readonly lossAfterMoves: number[];
  /** Nearest two of home and copies. */
  readonly closestKm: number[];
  moves: number;
  bytes: number;
}

const scores = new Map<Method, Score>(
  METHODS.map((method) => [
    method,
    { lossPerYear: [], lossOnTheDay: [], lossAfterMoves: [], closestKm: [], moves: 0, bytes: 0 },
  ]),
);

interface Network {
  readonly stores: readonly PlannerStore[];
  readonly homes: readonly Site[];
  readonly picture: (events: readonly HazardEvent[]) => RiskPicture;
}

/** Stores in different cities, so that no method loses by putting two copies into one building. */
function drawNetwork(random: SeededRandom): Network {
  const cities = [...listedCities()];
  const homes = Array.from({ length: MEMBERS }, (_, index) =>
    siteOf(`home ${index}`, storePlaceOf(random.pick(cities))),
  );
  const sites = Array.from({ length: STORES }, (_, index) => {
    const [city] = cities.splice(random.below(cities.length), 1);
    return siteOf(`store ${index}`, storePlaceOf(must(city, 'a city')));
  });
  const stores = sites.map((site, index): PlannerStore => {
    return {
      site,
      suite: ['aes-256-ctr', 'chacha20', 'aes-256-ocb'][index % 3] ?? 'chacha20',
      state: 'active',
      stance: 'calm',
      minimumLevel: 1,
      capacityBytes: 1000 * GIB,
      freeBytes: 1000 * GIB,
      costPerGib: 1,
      bytesPerSecond: 1e8,
      regions: [],
    };
  });
  const all = [...sites, ...homes];
  const base = baseShocks(all);
  const baseRates = ratesOfSites(base);
  const picture = (events: readonly HazardEvent[]): RiskPicture =>
    riskPicture({ sites: all, base, baseRates, events, nowMs: NOW_MS + 48 * HOUR_MS });
  return { stores, homes, picture };
}

interface Scene {
  readonly world: World;
  readonly demand: Demand;
  readonly random: SeededRandom;
}

/** One store to add to `present`, as simple systems choose among those given. */
function pickSimply(
  method: Exclude<Method, 'planner'>,
  { world, demand, random }: Scene,
  { open, present }: { readonly open: readonly number[]; readonly present: readonly number[] },
): number | undefined {
  if (open.length === 0) return undefined;
  if (method === 'random') return random.pick(open);
  const placeOf = (store: number): Coordinates => world.store(store).site.place;
  const home = must(world.homes[demand.home], 'a home').place;
  const from = method === 'farthest from home' ? [home] : [home, ...present.map(placeOf)];
  const far = (store: number): number =>
    Math.min(...from.map((place) => distanceKm(place, placeOf(store))));
  return [...open].sort((a, b) => far(b) - far(a) || a - b)[0];
}

/** What each method puts where before anything happens. */
function choose(method: Method, scene: Scene): number[] {
  const { world, demand } = scene;
  if (method === 'planner') {
    return [...must(planSet({ world, demand, hasRoom: () => true }, [], COPIES), 'stores').added];
  }
  const present: number[] = [];
  while (present.length < COPIES) {
    const open = [...world.stores.keys()].filter((store) => !present.includes(store));
    present.push(must(pickSimply(method, scene, { open, present }), 'a store'));
  }
  return present;
}

/** Where a further copy goes for each copy in danger. All know which stores are in danger. */
function move(method: Method, set: readonly number[], scene: Scene): number[] {
  const { world, demand } = scene;
  const isDanger = (store: number): boolean => world.store(store).stance === 'leave';
  const added: number[] = [];
  for (const _ of set.filter(isDanger)) {
    const present = [...set, ...added];
    const open = [...world.stores.keys()].filter(
      (store) => !present.includes(store) && !isDanger(store),
    );
    const next =
      method === 'planner'
        ? planSet({ world, demand, hasRoom: () => true }, present, 1)?.added[0]
        : pickSimply(method, scene, { open, present });
    if (next !== undefined) added.push(next);
  }
  return added;
}

function closestOf(world: World, demand: Demand, set: readonly number[]): number {
  const home = must(world.homes[demand.home], 'a home').place;
  const places = [home, ...set.map((store) => world.store(store).site.place)];
  let closest = Number.POSITIVE_INFINITY;
  for (const [index, place] of places.entries()) {
    for (const other of places.slice(index + 1)) {
      closest = Math.min(closest, distanceKm(place, other));
    }
  }
  return closest;
}

function playHistory(seed: number): void {
  const random = new SeededRandom(seed);
  const { stores, homes, picture } = drawNetwork(random);
  const quiet = new World({ stores, homes, picture: picture([]) });
  const risky = picture(eventsOfABadDay(EVENTS, seed));
  const stanced = stores.map((store, index) => {
    const risk = must(risky.sites[index], 'a risk');
    return { ...store, stance: nextStance(FIRST_STANCE, risk, NOW_MS).stance };
  });
  const after = new World({ stores: stanced, homes, picture: risky });
  for (const method of METHODS) {
    const score = must(scores.get(method), 'a score');
    const sums = { year: 0, day: 0, moved: 0, km: 0 };
    for (let home = 0; home < MEMBERS; home++) {
      const demand: Demand = { level: 1, home, copies: COPIES };
      const set = choose(method, { world: quiet, demand, random });
      const added = move(method, set, { world: after, demand, random });
      const site = stores.length + home;
      sums.year += quiet.joint.ofSet(site, set).lost;
      sums.day += after.joint.ofSet(site, set).lost;
      sums.moved += after.joint.ofSet(site, [...set, ...added]).lost;
      sums.km += closestOf(quiet, demand, set);
      score.moves += added.length;
      score.bytes += added.length * MEMBER_BYTES;
    }
    score.lossPerYear.push(sums.year / MEMBERS);
    score.lossOnTheDay.push(sums.day / MEMBERS);
    score.lossAfterMoves.push(sums.moved / MEMBERS);
    score.closestKm.push(sums.km / MEMBERS);
  }
}

const mean = (list: readonly number[]): number =>
  list.reduce((sum, value) => sum + value, 0) / list.length;

for (let index = 0; index < histories; index++) playHistory(firstSeed + index);

const planner = must(scores.get('planner'), 'a score');
const rows = METHODS.map((method) => {
  const score = must(scores.get(method), 'a score');
  const times = mean(score.lossPerYear) / mean(planner.lossPerYear);
  const day = mean(score.lossOnTheDay) / mean(planner.lossOnTheDay);
  const moved = mean(score.lossAfterMoves) / mean(planner.lossAfterMoves);
  const perHistory = (value: number): string => (value / histories).toFixed(1);
  const cells = [
    mean(score.lossPerYear).toExponential(1),
    times.toFixed(1),
    mean(score.lossOnTheDay).toExponential(1),
    day.toFixed(1),
    mean(score.lossAfterMoves).toExponential(1),
    moved.toFixed(1),
    Math.round(mean(score.closestKm)),
    perHistory(score.moves),
    perHistory(score.bytes / GIB),
  ];
  return `| ${method} | ${cells.join(' | ')} |`;
});
const lastSeed = firstSeed + histories - 1;
const text = `${PLACEMENT_HEADING}

Written by \`npm run placement:compare\`; do not edit. The same ${histories} networks
(seeds ${firstSeed} to ${lastSeed}; ${STORES} stores in different listed cities, ${MEMBERS}
members in random ones, ${COPIES} copies, ${MEMBER_BYTES / GIB} GiB each) and the same ${EVENTS}
hazards each, placed by the planner, at the stores farthest from home and each other, farthest from
home, and at random. *Loss* is the expected number of times a year that a member loses home and all
copies together; *on the day* has the hazards in it, *after moves* the copies that each method adds
for those in danger, to stores that are not in danger. *× planner* is the ratio of the means. *Closest*
is the mean distance of the nearest two of home and copies. All of it is judged by the planner's own
model of risk (\`docs/design/risk.md\`): it shows what choosing by it is worth if it is right, not that
it is right.

| ${['', ...COLUMNS].join(' | ')} |
| --- |${' ---: |'.repeat(COLUMNS.length)}
${rows.join('\n')}
`;
writePlacement(text);
const isBest = METHODS.every((method) => {
  const score = must(scores.get(method), 'a score');
  return mean(planner.lossAfterMoves) <= mean(score.lossAfterMoves);
});
const figures = METHODS.map((method) => {
  const { lossAfterMoves } = must(scores.get(method), 'a score');
  return `${method} ${mean(lossAfterMoves).toExponential(1)}`;
});
process.stdout.write(
  `placement:compare: ${histories} networks, ${EVENTS} hazards each; loss after moves ` +
    `${figures.join(', ')}; ` +
    `${isBest ? 'ok' : 'the planner is NOT best'}\n`,
);
process.exitCode = isBest ? 0 : 1;
