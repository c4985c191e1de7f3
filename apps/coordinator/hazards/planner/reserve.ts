// Room that lower levels leave to higher ones (row A24). Of every store's capacity a share is kept from level l
// for each level above it: enough, over all stores, to take what that level would have to move out of the one
// power area where most of its data lies.
import { HIGHEST_LEVEL, LOWEST_LEVEL } from '../../members/level.ts';
import { riskParameters } from '../risk/parameters.ts';
import type { PackGroup } from './pack-groups.ts';
import type { Demand, World } from './world.ts';

/** By level, the share (0–1) of a store's capacity that packs of that level must leave free. */
export type ReserveShares = readonly number[];

export function reserveShares(
  world: World,
  demands: readonly Demand[],
  groups: readonly PackGroup[],
): ReserveShares {
  const { reserveLeast, reserveMost, roomFactor } = riskParameters().decisions;
  const shares = new Array<number>(HIGHEST_LEVEL + 1).fill(0);
  const byArea = bytesByArea(world, demands, groups);
  const capacity = world.stores.reduce((sum, store) => sum + store.capacityBytes, 0);
  for (let level = HIGHEST_LEVEL - 1; level >= LOWEST_LEVEL; level--) {
    const above = level + 1;
    const worst = Math.max(0, ...(byArea[above]?.values() ?? []));
    const needed = capacity === 0 ? 0 : (worst * roomFactor) / capacity;
    const share = Math.min(reserveMost, Math.max(reserveLeast, needed));
    shares[level] = (shares[above] ?? 0) + share;
  }
  return shares;
}

function bytesByArea(
  world: World,
  demands: readonly Demand[],
  groups: readonly PackGroup[],
): Map<string, number>[] {
  const byLevel = Array.from({ length: HIGHEST_LEVEL + 1 }, () => new Map<string, number>());
  for (const { demand, stores, bytes } of groups) {
    const areas = byLevel[demands[demand]?.level ?? 0];
    for (const area of new Set(stores.map((store) => world.store(store).site.place.powerArea))) {
      areas?.set(area, (areas.get(area) ?? 0) + bytes);
    }
  }
  return byLevel;
}

/** Room at each store, counted down as a plan fills it. */
export class Room {
  readonly #free: Float64Array;
  readonly #capacity: Float64Array;
  readonly #shares: ReserveShares;

  constructor(world: World, shares: ReserveShares) {
    this.#free = Float64Array.from(world.stores, (store) => store.freeBytes);
    this.#capacity = Float64Array.from(world.stores, (store) => store.capacityBytes);
    this.#shares = shares;
  }

  /** Bytes of packs that the level may still put there. */
  usableBytes(store: number, level: number): number {
    const kept = (this.#shares[level] ?? 0) * (this.#capacity[store] ?? 0);
    const { roomFactor } = riskParameters().decisions;
    return Math.max(0, ((this.#free[store] ?? 0) - kept) / roomFactor);
  }

  /** Bytes by which the store falls short of what the level has to leave free; 0 if it does not. */
  shortOfReserve(store: number, level: number): number {
    const kept = (this.#shares[level] ?? 0) * (this.#capacity[store] ?? 0);
    return Math.max(0, kept - (this.#free[store] ?? 0));
  }

  take(store: number, bytes: number): void {
    const { roomFactor } = riskParameters().decisions;
    this.#free[store] = (this.#free[store] ?? 0) - bytes * roomFactor;
  }
}
