// What has to be added, now: every pack with a copy in danger, or with too few, gets a further copy in a calm
// place. Higher levels first, nearest harm first. It only adds: nothing here takes a copy away. The same
// tables give the same plan, and once its additions are there it has nothing more to say.
import { must } from '@kura/base';
import { riskParameters } from '../risk/parameters.ts';
import type { PackGroup } from './pack-groups.ts';
import { type Ranking, rankAdditions } from './rank.ts';
import { reasonForLeaving, reasonForNone, reasonForStore } from './reasons.ts';
import { Room, reserveShares } from './reserve.ts';
import type { Demand, World } from './world.ts';

export interface ReplanInput {
  readonly world: World;
  readonly demands: readonly Demand[];
  readonly groups: readonly PackGroup[];
  /** Event id → what people call it. */
  readonly titles: ReadonlyMap<string, string>;
}

export interface Addition {
  readonly group: number;
  /** Which packs of the group: `packs` of them from here on, in the order of their ids. */
  readonly first: number;
  readonly packs: number;
  readonly bytes: number;
  readonly to: number;
  /** Stores that can be read from, those out of danger first. */
  readonly sources: readonly number[];
  /** What the copy stands in for: in danger, gone, drained, or no longer wanted there. */
  readonly leave: number | undefined;
  readonly level: number;
  /** When harm comes to the copies in danger, at the earliest; infinite if none is. */
  readonly harmMs: number;
  /** Copies that can be read now: one more loss takes the pack with it if it is one. */
  readonly copiesLeft: number;
  readonly reason: string;
}

export interface Unplaced {
  readonly group: number;
  readonly packs: number;
  readonly reason: string;
}

export interface Plan {
  /** In the order in which they should run. */
  readonly additions: readonly Addition[];
  readonly unplaced: readonly Unplaced[];
}

interface Need {
  readonly group: number;
  readonly missing: number;
  readonly copiesLeft: number;
  readonly harmMs: number;
  readonly cost: number;
  readonly canWait: boolean;
}

export const isSafe = (world: World, store: number): boolean => {
  const { state, stance, isDraining } = world.store(store);
  return state !== 'lost' && stance !== 'leave' && isDraining !== true;
};

/** One more loss, from wherever it comes, and the pack is gone. */
export const isLastCopy = ({ copiesLeft }: Pick<Addition, 'copiesLeft'>): boolean =>
  copiesLeft <= 1;

/** Nothing is feared there: an operator empties it, and that can wait. */
const isOnlyDrained = (world: World, store: number): boolean => {
  const { state, stance, isDraining } = world.store(store);
  return isDraining === true && state !== 'lost' && stance !== 'leave';
};

export function replan(input: ReplanInput): Plan {
  const { world, demands, groups } = input;
  const room = new Room(world, reserveShares(world, demands, groups));
  const filler = new Filler(input, room);
  const needs = needsOf(input);
  filler.prepare(needs);
  for (const need of needs) filler.fill(need);
  return filler;
}

/** What was feared there is past, though not for long: nothing more is added because of it. */
function isOver(world: World, store: number): boolean {
  const { state, stance, isDraining } = world.store(store);
  const { watchUnreachable, calmLost } = riskParameters().decisions;
  const risk = world.picture.sites[store];
  const isLow = risk !== undefined && risk.unreachable < watchUnreachable && risk.lost < calmLost;
  return isLow && stance === 'leave' && state !== 'lost' && isDraining !== true;
}

/** Dangers before drains; then by level, last copies first, by how soon harm comes, by what is at stake per byte. */
function needsOf({ world, demands, groups }: ReplanInput): Need[] {
  const needs: Need[] = [];
  const originalOf = (group: PackGroup): number =>
    world.originalSiteOf(must(demands[group.demand], 'a demand'));
  const byOriginal = [...groups.entries()].sort(([, a], [, b]) => originalOf(a) - originalOf(b));
  for (const [index, group] of byOriginal) {
    const demand = must(demands[group.demand], 'a demand');
    const safe = group.stores.filter((store) => isSafe(world, store) || isOver(world, store));
    const missing = demand.copies - safe.length;
    if (missing <= 0) continue;
    const harmMs = Math.min(
      ...group.stores.map((store) =>
        isSafe(world, store) ? Number.POSITIVE_INFINITY : (world.picture.harmMs[store] ?? 0),
      ),
    );
    const steady = group.stores.filter(
      (store) => safe.includes(store) || isOnlyDrained(world, store),
    );
    const canWait = steady.length >= demand.copies;
    const cost = world.costOf(demand, group.stores);
    const copiesLeft = (group.held ?? group.stores).filter(
      (store) => world.store(store).state === 'active',
    ).length;
    needs.push({ group: index, missing, copiesLeft, harmMs, cost, canWait });
  }
  const levelOf = (need: Need): number => demands[groups[need.group]?.demand ?? 0]?.level ?? 0;
  return needs.sort(
    (a, b) =>
      Number(a.canWait) - Number(b.canWait) ||
      levelOf(b) - levelOf(a) ||
      Number(isLastCopy(b)) - Number(isLastCopy(a)) ||
      a.harmMs - b.harmMs ||
      b.cost - a.cost ||
      a.group - b.group,
  );
}

/** Carries out needs one after the other, and remembers what that fills. */
class Filler implements Plan {
  readonly additions: Addition[] = [];
  readonly unplaced: Unplaced[] = [];
  readonly #input: ReplanInput;
  readonly #room: Room;
  readonly #ranked = new Map<string, Ranking>();
  /** Seconds of line that this plan has given to each store. */
  readonly #queuedSeconds: Float64Array;

  constructor(input: ReplanInput, room: Room) {
    this.#input = input;
    this.#room = room;
    this.#queuedSeconds = new Float64Array(input.world.stores.length);
  }

  /** Ranks in the order of originals, because what one suffers is worked out once for all that follow. */
  prepare(needs: readonly Need[]): void {
    const { world, demands, groups } = this.#input;
    const parts = needs.map((need) => {
      const part = this.#partOf(need);
      return { part, demand: must(demands[groups[need.group]?.demand ?? 0], 'a demand') };
    });
    parts.sort((a, b) => world.originalSiteOf(a.demand) - world.originalSiteOf(b.demand));
    for (const { part, demand } of parts) this.#rank(part, demand);
  }

  fill(need: Need): void {
    this.#place(this.#partOf(need));
  }

  #partOf({ group, missing, copiesLeft, harmMs, canWait }: Need): Part {
    const { stores, packs } = must(this.#input.groups[group], 'a group');
    const { world } = this.#input;
    // What is lost shares no fate with anything any more.
    const present = stores.filter((store) => world.store(store).state !== 'lost');
    const part = { group, first: 0, packs, present, missing, copiesLeft, harmMs };
    return { ...part, isUrgent: !canWait };
  }

  /** Places as many packs as fit in one store, then the rest; then the next copy of each part. */
  #place(part: Part): void {
    const { demands, groups } = this.#input;
    const { demand: index, bytes, packs } = must(groups[part.group], 'a group');
    const demand = must(demands[index], 'a demand');
    const packBytes = bytes / packs;
    let { first, packs: left } = part;
    for (const { to, fits } of this.#choices(part, demand, packBytes)) {
      const count = Math.min(left, fits);
      this.#room.take(to, count * packBytes);
      this.#add({ ...part, first, packs: count }, { to, demand, bytes: count * packBytes });
      if (part.missing > 1) {
        const present = [...part.present, to];
        this.#place({ ...part, first, packs: count, present, missing: part.missing - 1 });
      }
      first += count;
      left -= count;
      if (left === 0) return;
    }
    const reason = reasonForNone(this.#input.world, demand, left * packBytes);
    this.unplaced.push({ group: part.group, packs: left, reason });
  }

  /** Stores with room, the best first; of nearly equal ones the one whose line is free sooner. */
  *#choices(
    part: Part,
    demand: Demand,
    packBytes: number,
  ): Iterable<{ readonly to: number; readonly fits: number }> {
    const { gain } = riskParameters().decisions;
    const { stores, ruleCosts, costs } = this.#rank(part, demand);
    const fitting = (at: number): number =>
      Math.floor(this.#room.usableBytes(stores[at] ?? 0, demand.level) / packBytes);
    const done = new Set<number>();
    for (let best = 0; best < stores.length; best++) {
      if (done.has(best) || fitting(best) === 0) continue;
      let chosen = best;
      for (let at = best + 1; at < stores.length; at++) {
        const isEqual =
          ruleCosts[at] === ruleCosts[best] && (costs[at] ?? 0) <= gain * (costs[best] ?? 0);
        if (!isEqual) break;
        if (done.has(at) || this.#queued(stores[at] ?? 0) >= this.#queued(stores[chosen] ?? 0)) {
          continue;
        }
        if (fitting(at) > 0) chosen = at;
      }
      done.add(chosen);
      yield { to: stores[chosen] ?? 0, fits: fitting(chosen) };
      // What was passed over may still be the best of the rest.
      if (chosen !== best) best--;
    }
  }

  #queued(store: number): number {
    return this.#queuedSeconds[store] ?? 0;
  }

  #rank(part: Part, demand: Demand): Ranking {
    const { world } = this.#input;
    const key = `${world.classOf(demand)}|${part.present.join()}|${part.isUrgent}`;
    const known = this.#ranked.get(key) ?? rankAdditions(world, demand, part);
    this.#ranked.set(key, known);
    return known;
  }

  #add(
    part: Part,
    { to, demand, bytes }: { readonly to: number; readonly demand: Demand; readonly bytes: number },
  ): void {
    const { world, titles } = this.#input;
    const original = must(this.#input.groups[part.group], 'a group').stores;
    const danger = original.find((store) => !isSafe(world, store));
    const why = danger === undefined ? 'too few copies' : reasonForLeaving(world, danger, titles);
    const where = reasonForStore(world, demand, { store: to, present: part.present });
    this.#queuedSeconds[to] = this.#queued(to) + bytes / world.store(to).bytesPerSecond;
    this.additions.push({
      group: part.group,
      first: part.first,
      packs: part.packs,
      bytes,
      to,
      sources: sourcesOf(world, original),
      leave: danger,
      level: demand.level,
      harmMs: part.harmMs,
      copiesLeft: part.copiesLeft,
      reason: `${why}; to ${world.store(to).site.place.city}: ${where}`,
    });
  }
}

/** Some packs of a group, and where they are by now. */
interface Part {
  readonly group: number;
  readonly first: number;
  readonly packs: number;
  readonly present: readonly number[];
  readonly missing: number;
  readonly copiesLeft: number;
  readonly harmMs: number;
  readonly isUrgent: boolean;
}

/** Where it can be read: calm places first, so that a store in danger is not loaded without need. */
function sourcesOf(world: World, stores: readonly number[]): readonly number[] {
  const readable = stores.filter((store) => world.store(store).state === 'active');
  const danger = (store: number): number => (isSafe(world, store) ? 0 : 1);
  return readable.sort((a, b) => danger(a) - danger(b) || a - b);
}
