// The decisions of a network, played out: every poll it looks at the feed, and plans, schedules, finishes and
// retires by the pure functions alone. Nothing here decides; it only does what they say and keeps count.
import { HOUR_MS, must } from '@kura/base';
import type { HazardEvent } from '@kura/coordinator/hazards/events/hazard-event.ts';
import { confirmedGroups } from '@kura/coordinator/hazards/moves/confirm.ts';
import { decideRetirement, type RetireInput } from '@kura/coordinator/hazards/moves/retire.ts';
import { NO_ORDERS, schedule } from '@kura/coordinator/hazards/moves/schedule.ts';
import type { PackGroup } from '@kura/coordinator/hazards/planner/pack-groups.ts';
import { rebalance } from '@kura/coordinator/hazards/planner/rebalance.ts';
import { type Addition, type Plan, replan } from '@kura/coordinator/hazards/planner/replan.ts';
import { type Demand, World } from '@kura/coordinator/hazards/planner/world.ts';
import { riskParameters } from '@kura/coordinator/hazards/risk/parameters.ts';
import {
  FIRST_STANCE,
  nextStance,
  type RiskPicture,
  riskPicture,
  type StanceState,
} from '@kura/coordinator/hazards/risk/table.ts';
import type { Scene } from './scene.ts';

export interface Copy {
  readonly store: number;
  readonly addedMs: number;
  checkedMs: number;
}

export interface Pack {
  readonly demand: number;
  readonly bytes: number;
  copies: Copy[];
  lastRetiredMs: number;
  lastMovedMs: number;
}

export interface Running {
  readonly pack: number;
  readonly to: number;
  readonly from: number;
  readonly endMs: number;
  readonly bytes: number;
}

/** A retirement that was decided, with the copies there were. */
export interface Retired {
  readonly pack: number;
  readonly store: number;
  readonly before: readonly Copy[];
}

/** What one poll has shown and decided: what the rules look at. */
export interface Poll {
  readonly nowMs: number;
  readonly world: World;
  readonly picture: RiskPicture;
  readonly plan: Plan;
  readonly calm: readonly Addition[];
  /** Transfers that began, of both. */
  readonly started: readonly Running[];
  /** Transfers that broke off since the poll before, because an end of them went away. */
  readonly dropped: readonly Running[];
  readonly retired: readonly Retired[];
}

export type Retire = (input: RetireInput) => ReturnType<typeof decideRetirement>;

/** A full read of every copy takes about so long to come round. */
const CHECK_MS = 24 * HOUR_MS;

export class Network {
  readonly scene: Scene;
  readonly packs: Pack[];
  readonly demands: Demand[];
  readonly running: Running[] = [];
  /** Stores that are gone, or do not answer. */
  readonly lost = new Set<number>();
  readonly away = new Set<number>();
  readonly #stances: StanceState[];
  readonly #retire: Retire;
  readonly #sendFreeMs: Float64Array;
  readonly #receiveFreeMs: Float64Array;
  /** Packs whose moves an operator has approved. */
  readonly #approved = new Set<number>();

  constructor(scene: Scene, nowMs: number, retire: Retire = decideRetirement) {
    this.scene = scene;
    this.demands = [...scene.demands];
    this.#retire = retire;
    this.#stances = scene.stores.map(() => FIRST_STANCE);
    this.#sendFreeMs = new Float64Array(scene.stores.length);
    this.#receiveFreeMs = new Float64Array(scene.stores.length);
    this.packs = scene.packs.map(({ demand, bytes }) => {
      const never = Number.NEGATIVE_INFINITY;
      return { demand, bytes, copies: [], lastRetiredMs: never, lastMovedMs: never };
    });
    this.#placeAll(nowMs);
  }

  poll(events: readonly HazardEvent[], nowMs: number): Poll {
    const dropped = this.#finish(nowMs);
    const picture = riskPicture({ ...this.scene.base, events, nowMs });
    this.#takeStances(picture, nowMs);
    const world = this.#world(picture);
    this.#check(nowMs);
    const titles = new Map(events.map(({ id, title }) => [id, title]));
    const groups = this.#groups();
    const plan = replan({ world, demands: this.demands, groups, titles });
    const before = this.running.length;
    this.#start(plan.additions, { world, events, nowMs });
    const isCalm = plan.additions.length === 0 && plan.unplaced.length === 0;
    const calm = isCalm ? this.#rebalance(world, nowMs) : [];
    const retired = this.#retireCopies(world, nowMs);
    return {
      nowMs,
      world,
      picture,
      plan,
      calm,
      started: this.running.slice(before),
      dropped,
      retired,
    };
  }

  /** Bytes held and on their way at a store, with the room that a shelf needs around them. */
  usedBytes(store: number): number {
    const { roomFactor } = riskParameters().decisions;
    let bytes = 0;
    for (const pack of this.packs) {
      if (pack.copies.some((copy) => copy.store === store)) bytes += pack.bytes;
    }
    for (const move of this.running) if (move.to === store) bytes += move.bytes;
    return roomFactor * bytes;
  }

  #placeAll(nowMs: number): void {
    const picture = riskPicture({ ...this.scene.base, events: [], nowMs });
    for (let round = 0; round < 2; round++) {
      const world = this.#world(picture);
      const groups = this.#groups();
      const plan = replan({ world, demands: this.demands, groups, titles: new Map() });
      for (const { group, to } of plan.additions) {
        const pack = must(this.packs[group], 'a pack');
        pack.copies.push({ store: to, addedMs: nowMs, checkedMs: nowMs });
      }
    }
  }

  #world(picture: RiskPicture): World {
    const stores = this.scene.stores.map((store, index) => {
      const state = this.lost.has(index) ? 'lost' : this.away.has(index) ? 'unreachable' : 'active';
      const freeBytes = Math.max(0, store.capacityBytes - this.usedBytes(index));
      return {
        ...store,
        state,
        freeBytes,
        stance: this.#stances[index]?.stance ?? 'calm',
      } as const;
    });
    return new World({ stores, homes: this.scene.homes, picture });
  }

  #takeStances(picture: RiskPicture, nowMs: number): void {
    for (const [index, before] of this.#stances.entries()) {
      this.#stances[index] = nextStance(before, must(picture.sites[index], 'a risk'), nowMs);
    }
  }

  /** What is on its way counts as there: it is not asked for twice. */
  #groups(): PackGroup[] {
    return this.packs.map(({ demand, bytes, copies }, pack) => {
      const coming = this.running.filter((move) => move.pack === pack).map(({ to }) => to);
      const stores = [...copies.map(({ store }) => store), ...coming].sort((a, b) => a - b);
      return { demand, stores, packs: 1, bytes };
    });
  }

  #start(
    additions: readonly Addition[],
    { world, events, nowMs }: { world: World; events: readonly HazardEvent[]; nowMs: number },
  ): void {
    const isHere = (addition: Addition, store: number): boolean =>
      must(this.packs[addition.group], 'a pack').copies.some((copy) => copy.store === store);
    const readable = additions.map((addition) => {
      return { ...addition, sources: addition.sources.filter((store) => isHere(addition, store)) };
    });
    const confirmed = confirmedGroups({ world, groups: this.#groups(), additions, events });
    const totalBytes = this.packs.reduce((sum, pack) => sum + pack.bytes * pack.copies.length, 0);
    const transfers = schedule({
      additions: readable,
      lines: world.stores.map(({ bytesPerSecond }, store) => ({
        bytesPerSecond,
        sendFreeMs: this.#sendFreeMs[store] ?? 0,
        receiveFreeMs: this.#receiveFreeMs[store] ?? 0,
      })),
      nowMs,
      totalBytes,
      orders: { ...NO_ORDERS, approved: this.#approved },
      confirmed,
    });
    for (const { addition, state, from, endMs } of transfers) {
      // The operator has approved by the next poll.
      if (state === 'approval') this.#approved.add(addition.group);
      if (state !== 'planned' || from === undefined) continue;
      this.#sendFreeMs[from] = endMs;
      this.#receiveFreeMs[addition.to] = endMs;
      const { group: pack, to, bytes } = addition;
      this.running.push({ pack, to, from, endMs, bytes });
    }
  }

  /** Transfers that are through are verified; those whose ends are gone are dropped, and planned anew. */
  #finish(nowMs: number): Running[] {
    const dropped: Running[] = [];
    const gone = (store: number): boolean => this.lost.has(store) || this.away.has(store);
    for (const move of this.running.splice(0)) {
      const pack = must(this.packs[move.pack], 'a pack');
      if (gone(move.to) || gone(move.from)) {
        dropped.push(move);
        continue;
      }
      if (move.endMs > nowMs) {
        this.running.push(move);
        continue;
      }
      pack.copies.push({ store: move.to, addedMs: nowMs, checkedMs: nowMs });
      pack.lastMovedMs = nowMs;
      this.#approved.delete(move.pack);
    }
    return dropped;
  }

  #check(nowMs: number): void {
    for (const { copies } of this.packs) {
      for (const copy of copies) {
        if (this.lost.has(copy.store) || this.away.has(copy.store)) continue;
        if (nowMs - copy.checkedMs >= CHECK_MS) copy.checkedMs = nowMs;
      }
    }
  }

  #rebalance(world: World, nowMs: number): readonly Addition[] {
    const { dailyChurn, restDays } = riskParameters().decisions;
    const resting = new Set<number>();
    for (const [index, pack] of this.packs.entries()) {
      const isMoving = this.running.some((move) => move.pack === index);
      if (isMoving || nowMs - pack.lastMovedMs < restDays * 24 * HOUR_MS) resting.add(index);
    }
    // A pack is a hundredth of such a small network already.
    const capacity = world.stores.reduce((sum, store) => sum + store.capacityBytes, 0);
    const budgetBytes = Math.max(dailyChurn * capacity, ...this.packs.map((pack) => pack.bytes));
    const input = { world, demands: this.demands, groups: this.#groups(), titles: new Map() };
    const additions = rebalance({ ...input, budgetBytes, resting });
    this.#start(additions, { world, events: [], nowMs });
    return additions;
  }

  #retireCopies(world: World, nowMs: number): Retired[] {
    const calmSinceMs = Float64Array.from(this.#stances, (state) => state.calmSinceMs);
    const retired: Retired[] = [];
    for (const [index, pack] of this.packs.entries()) {
      const copies = pack.copies.filter(({ store }) => !this.lost.has(store));
      const { retire } = this.#retire({
        world,
        demand: must(this.demands[pack.demand], 'a demand'),
        copies,
        calmSinceMs,
        isMoving: this.running.some((move) => move.pack === index),
        lastRetiredMs: pack.lastRetiredMs,
        nowMs,
      });
      if (retire === undefined) continue;
      retired.push({ pack: index, store: retire, before: [...pack.copies] });
      pack.copies = pack.copies.filter(({ store }) => store !== retire);
      pack.lastRetiredMs = nowMs;
    }
    return retired;
  }
}
