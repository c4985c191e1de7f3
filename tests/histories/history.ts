// One history: a month or less of hazards over a small network, from a seed. Returns what was done and what broke.
import { DAY_MS, HOUR_MS, must } from '@kura/base';
import { HIGHEST_LEVEL, LOWEST_LEVEL } from '@kura/coordinator/members/level.ts';
import { SeededRandom } from '@kura/testing';
import { drawHazards, strike, type Told, tell } from './feed.ts';
import { Network, type Retire } from './network.ts';
import { Rules } from './rules.ts';
import { drawScene, START_MS } from './scene.ts';

const POLL_MS = 3 * HOUR_MS;

export interface Figures {
  polls: number;
  hazards: number;
  additions: number;
  retired: number;
  unplaced: number;
  /** Stores that burnt, and packs of which no copy was left, with what they began with. */
  storesLost: number;
  packsLost: number;
}

export const noFigures = (): Figures => ({
  polls: 0,
  hazards: 0,
  additions: 0,
  retired: 0,
  unplaced: 0,
  storesLost: 0,
  packsLost: 0,
});

export interface HistoryResult {
  readonly figures: Figures;
  readonly violations: readonly string[];
}

export function playHistory(seed: number, retire?: Retire): HistoryResult {
  const random = new SeededRandom(seed);
  const scene = drawScene(random);
  const days = 8 + random.below(14);
  const hazards = drawHazards(scene, days, random);
  const network = new Network(scene, START_MS, retire);
  const rules = new Rules(network);
  const figures = noFigures();
  figures.hazards = hazards.length;
  const backMs = new Map<number, number>();
  for (let nowMs = START_MS; nowMs <= START_MS + days * DAY_MS; nowMs += POLL_MS) {
    for (const [store, untilMs] of backMs) if (untilMs <= nowMs) network.away.delete(store);
    strikeNow(hazards, { network, random, nowMs, backMs });
    changeMembers(network, random);
    const poll = network.poll(tell(hazards, nowMs), nowMs);
    rules.look(poll);
    figures.polls++;
    figures.additions += poll.plan.additions.length + poll.calm.length;
    figures.retired += poll.retired.length;
    figures.unplaced += poll.plan.unplaced.length;
  }
  figures.storesLost = network.lost.size;
  figures.packsLost = network.packs.filter(
    ({ copies }) => copies.length > 0 && copies.every(({ store }) => network.lost.has(store)),
  ).length;
  return { figures, violations: rules.violations };
}

interface Stage {
  readonly network: Network;
  readonly random: SeededRandom;
  readonly nowMs: number;
  readonly backMs: Map<number, number>;
}

function strikeNow(hazards: readonly Told[], { network, random, nowMs, backMs }: Stage): void {
  for (const hazard of hazards) {
    const { onsetMs } = hazard.event;
    if (onsetMs <= nowMs - POLL_MS || onsetMs > nowMs) continue;
    for (const { store, isLost } of strike(hazard, network.scene, random)) {
      if (isLost) network.lost.add(store);
      else {
        network.away.add(store);
        backMs.set(store, nowMs + (6 + random.below(72)) * HOUR_MS);
      }
    }
  }
}

/** Now and then a member's level changes, or where it lives, or where its device is. */
function changeMembers(network: Network, random: SeededRandom): void {
  if (!random.chance(0.01)) return;
  const index = random.below(network.demands.length);
  const demand = must(network.demands[index], 'a demand');
  const level = LOWEST_LEVEL + random.below(HIGHEST_LEVEL - LOWEST_LEVEL + 1);
  const place = random.below(network.scene.homes.length);
  const changes = [{ level }, { home: place }, { device: place }];
  network.demands[index] = { ...demand, ...changes[random.below(changes.length)] };
}
