// `npm run planner:scale [-- --stores N --packs N]`: how long it takes to know the risk of a thousand sites under
// five hundred events, and to plan a million packs anew after one more. Ends with one line of figures, and
// with 1 if a goal is missed or the plan breaks a rule.
import { parseArgs } from 'node:util';
import { GIB, KIB, must } from '@kura/base';
import { NO_ORDERS, schedule } from '@kura/coordinator/hazards/moves/schedule.ts';
import { groupPacks } from '@kura/coordinator/hazards/planner/pack-groups.ts';
import { replan } from '@kura/coordinator/hazards/planner/replan.ts';
import { World } from '@kura/coordinator/hazards/planner/world.ts';
import { baseShocks } from '@kura/coordinator/hazards/risk/base-shocks.ts';
import { ratesOfSites } from '@kura/coordinator/hazards/risk/shocks.ts';
import { FIRST_STANCE, nextStance, riskPicture } from '@kura/coordinator/hazards/risk/table.ts';
import { SeededRandom } from '@kura/testing';
import { eventsOfABadDay, makePopulation, NOW_MS, quakeAt } from './population.ts';

const RISK_GOAL_MS = 1_000;
const PLAN_GOAL_MS = 10_000;
const MEMORY_GOAL_BYTES = GIB;
const EVENTS = 500;
/** South of Honshu: it reaches the cities from Kyushu to Tokyo. */
const NANKAI = { lat: 33.1, lon: 136.5 };
const NANKAI_MAGNITUDE = 8.5;

const { values } = parseArgs({
  options: {
    stores: { type: 'string', default: '1000' },
    packs: { type: 'string', default: '1000000' },
    members: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
const [stores, packs, members, seed] = [
  Number(values.stores),
  Number(values.packs),
  Number(values.members),
  Number(values.seed),
];

const say = (text: string): void => {
  process.stderr.write(`planner:scale: ${text}\n`);
};

interface Timed<T> {
  readonly result: T;
  readonly wallMs: number;
  /** All threads of the process: what the wall clock would show on a machine that does nothing else, or more. */
  readonly cpuMs: number;
}

function timed<T>(what: string, act: () => T): Timed<T> {
  const startMs = performance.now();
  const startCpu = process.cpuUsage();
  const result = act();
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(startCpu);
  const cpuMs = (user + system) / 1000;
  say(`${what}: ${wallMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of CPU`);
  return { result, wallMs, cpuMs };
}

/** Goals are judged by the smaller of both: neither a busy machine nor helping threads are the planner's. */
const judged = ({ wallMs, cpuMs }: Timed<unknown>): number => Math.min(wallMs, cpuMs);
const seconds = (ms: number): string => (ms / 1000).toFixed(2);

const { result: population } = timed('a network is made', () =>
  makePopulation({ stores, homes: 500, members, packs, seed }),
);
const events = eventsOfABadDay(EVENTS, seed);
// Once before the clock runs: a service has been at it for days when the event comes.
riskPicture({ ...population.base, events: events.slice(0, 50), nowMs: NOW_MS });

const storeSites = population.stores.map(({ site }) => site);
const base = baseShocks(storeSites);
const storesOnly = { sites: storeSites, base, baseRates: ratesOfSites(base) };
const risk = timed(`risk of ${stores} sites, ${EVENTS} events`, () =>
  riskPicture({ ...storesOnly, events, nowMs: NOW_MS }),
);

const first = must(events[0], 'an event');
const quake = quakeAt(NANKAI, new SeededRandom(seed), NANKAI_MAGNITUDE);
const nankai = { ...first, id: 'nankai', kind: 'earthquake', zones: [], ...quake } as const;
const plan = timed('planned anew after one more event', () => {
  const picture = riskPicture({ ...population.base, events: [...events, nankai], nowMs: NOW_MS });
  const now = population.stores.map((store, index) => {
    const { stance } = nextStance(FIRST_STANCE, must(picture.sites[index], 'a risk'), NOW_MS);
    return { ...store, stance };
  });
  const world = new World({ stores: now, homes: population.homes, picture });
  const { groups } = groupPacks(population.packs);
  const { demands } = population;
  const planned = replan({ world, demands, groups, titles: new Map() });
  const transfers = schedule({
    additions: planned.additions,
    lines: now.map(({ bytesPerSecond }) => ({ bytesPerSecond, sendFreeMs: 0, receiveFreeMs: 0 })),
    nowMs: NOW_MS,
    totalBytes: groups.reduce((sum, group) => sum + group.bytes * group.stores.length, 0),
    orders: NO_ORDERS,
    confirmed: new Set(groups.keys()),
  });
  return { world, groups, planned, transfers };
});

const { world, groups, planned, transfers } = plan.result;
const violations = planned.additions.filter(({ to, group }) => {
  const isHeld = groups[group]?.stores.includes(to) ?? true;
  return isHeld || world.store(to).stance !== 'calm';
}).length;
const moved = planned.additions.reduce((sum, addition) => sum + addition.packs, 0);
const unplaced = planned.unplaced.reduce((sum, one) => sum + one.packs, 0);
const late = transfers.filter((transfer) => transfer.isLate).length;
const memoryBytes = process.resourceUsage().maxRSS * KIB;

const isGood =
  judged(risk) < RISK_GOAL_MS &&
  judged(plan) < PLAN_GOAL_MS &&
  memoryBytes < MEMORY_GOAL_BYTES &&
  violations === 0;
process.stdout.write(
  `planner:scale: ${stores} stores, ${packs} packs in ${groups.length} groups; risk of all sites ` +
    `under ${EVENTS} events ${seconds(risk.wallMs)} s (CPU ${seconds(risk.cpuMs)}); plan ` +
    `${seconds(plan.wallMs)} s (CPU ${seconds(plan.cpuMs)}): ${moved} packs get a copy, ` +
    `${unplaced} cannot, ${late} of ${transfers.length} transfers late; ` +
    `${(memoryBytes / GIB).toFixed(2)} GiB; ${violations} violations; ${isGood ? 'ok' : 'MISSED'}\n`,
);
process.exitCode = isGood ? 0 : 1;
