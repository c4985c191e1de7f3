// What has to be added, now: every pack with a copy in danger, or with too few, gets a further copy in a calm
// place. Higher levels first, nearest harm first. It only adds: nothing here takes a copy away. The same
// tables give the same plan, and once its additions are there it has nothing more to say.
import { must } from '@kura/base';
import { riskParameters } from '../risk/parameters.ts';
import type { PackGroup } from './pack-groups.ts';
import { type Ranked, rankAdditions } from './rank.ts';
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
  readonly packs: number;
  readonly bytes: number;
  readonly to: number;
  /** Stores that can be read from, those out of danger first. */
  readonly sources: readonly number[];
  readonly level: number;
  /** When harm comes to the copies in danger, at the earliest; infinite if none is. */
  readonly harmMs: number;
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
  readonly harmMs: number;
  readonly cost: number;
}

export const isSafe = (world: World, store: number): boolean => {
  const { state, stance } = world.store(store);
  return state !== 'lost' && stance !== 'leave';
};

export function replan(input: ReplanInput): Plan {
  const { world, demands, groups } = input;
  const room = new Room(world, reserveShares(world, demands, groups));
  const filler = new Filler(input, room);
  for (const need of needsOf(input)) filler.fill(need);
  return filler;
}

/** By level, by how soon harm comes, by what is at stake per byte. */
function needsOf({ world, demands, groups }: ReplanInput): Need[] {
  const needs: Need[] = [];
  for (const [index, group] of groups.entries()) {
    const demand = must(demands[group.demand], 'a demand');
    const safe = group.stores.filter((store) => isSafe(world, store));
    const missing = demand.copies - safe.length;
    if (missing <= 0) continue;
    const harmMs = Math.min(
      ...group.stores.map((store) =>
        isSafe(world, store) ? Number.POSITIVE_INFINITY : (world.picture.harmMs[store] ?? 0),
      ),
    );
    needs.push({ group: index, missing, harmMs, cost: world.costOf(demand, group.stores) });
  }
  const levelOf = (need: Need): number => demands[groups[need.group]?.demand ?? 0]?.level ?? 0;
  return needs.sort(
    (a, b) =>
      levelOf(b) - levelOf(a) || a.harmMs - b.harmMs || b.cost - a.cost || a.group - b.group,
  );
}

/** Carries out needs one after the other, and remembers what that fills. */
class Filler implements Plan {
  readonly additions: Addition[] = [];
  readonly unplaced: Unplaced[] = [];
  readonly #input: ReplanInput;
  readonly #room: Room;
  readonly #ranked = new Map<string, readonly Ranked[]>();
  /** Seconds of line that this plan has given to each store. */
  readonly #queuedSeconds: Float64Array;

  constructor(input: ReplanInput, room: Room) {
    this.#input = input;
    this.#room = room;
    this.#queuedSeconds = new Float64Array(input.world.stores.length);
  }

  fill({ group, missing, harmMs }: Need): void {
    const { stores, packs } = must(this.#input.groups[group], 'a group');
    const { world } = this.#input;
    // What is lost shares no fate with anything any more.
    const present = stores.filter((store) => world.store(store).state !== 'lost');
    this.#place({ group, packs, present, missing, harmMs });
  }

  /** Places as many packs as fit in one store, then the rest; then the next copy of each part. */
  #place(part: Part): void {
    const { demands, groups } = this.#input;
    const { demand: index, bytes, packs } = must(groups[part.group], 'a group');
    const demand = must(demands[index], 'a demand');
    const packBytes = bytes / packs;
    let left = part.packs;
    for (const { to, fits } of this.#choices(part, demand, packBytes)) {
      const count = Math.min(left, fits);
      this.#room.take(to, count * packBytes);
      this.#add({ ...part, packs: count }, { to, demand, bytes: count * packBytes });
      if (part.missing > 1) {
        const present = [...part.present, to];
        this.#place({ ...part, packs: count, present, missing: part.missing - 1 });
      }
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
    const open = this.#rank(part, demand)
      .map((one) => {
        const usable = this.#room.usableBytes(one.store, demand.level);
        return { ...one, fits: Math.floor(usable / packBytes) };
      })
      .filter(({ fits }) => fits > 0);
    const { gain } = riskParameters().decisions;
    while (open.length > 0) {
      const best = must(open[0], 'a store');
      let chosen = 0;
      for (const [index, one] of open.entries()) {
        if (one.ruleCost > best.ruleCost || one.cost > gain * best.cost) break;
        if (this.#queued(one.store) < this.#queued(open[chosen]?.store ?? 0)) chosen = index;
      }
      const [taken] = open.splice(chosen, 1);
      if (taken !== undefined) yield { to: taken.store, fits: taken.fits };
    }
  }

  #queued(store: number): number {
    return this.#queuedSeconds[store] ?? 0;
  }

  #rank(part: Part, demand: Demand): readonly Ranked[] {
    const { world } = this.#input;
    const key = `${world.classOf(demand)}|${part.present.join()}`;
    const known = this.#ranked.get(key) ?? rankAdditions(world, demand, part.present);
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
      packs: part.packs,
      bytes,
      to,
      sources: sourcesOf(world, original),
      level: demand.level,
      harmMs: part.harmMs,
      reason: `${why}; to ${world.store(to).site.place.city}: ${where}`,
    });
  }
}

/** Some packs of a group, and where they are by now. */
interface Part {
  readonly group: number;
  readonly packs: number;
  readonly present: readonly number[];
  readonly missing: number;
  readonly harmMs: number;
}

/** Where it can be read: calm places first, so that a store in danger is not loaded without need. */
function sourcesOf(world: World, stores: readonly number[]): readonly number[] {
  const readable = stores.filter((store) => world.store(store).state === 'active');
  const danger = (store: number): number => (isSafe(world, store) ? 0 : 1);
  return readable.sort((a, b) => danger(a) - danger(b) || a - b);
}
