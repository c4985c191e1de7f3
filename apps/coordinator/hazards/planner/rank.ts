// Stores for one more copy, the best first: what a plan goes down when the best is full.
import type { Demand, World } from './world.ts';

export interface Ranked {
  readonly store: number;
  readonly ruleCost: number;
  /** Of the set with it. */
  readonly cost: number;
}

/** More than this are never needed: if so many are full, the network is. */
const MAX_RANKED = 64;

export function rankAdditions(
  world: World,
  demand: Demand,
  present: readonly number[],
): readonly Ranked[] {
  const model = world.modelFor(demand, () => true);
  const costs = new Float64Array(world.stores.length);
  // Row A6: where there is no copy yet, the lowest risk decides.
  if (present.length === 0) for (const store of costs.keys()) costs[store] = world.riskOf(store);
  else model.costsOfAdding(present, costs);
  const stores: number[] = [];
  const ruleCosts = new Float64Array(world.stores.length);
  for (let store = 0; store < world.stores.length; store++) {
    if (!model.isUsable(store) || present.includes(store)) continue;
    ruleCosts[store] = model.ruleCostOf(store, present);
    stores.push(store);
  }
  stores.sort(
    (a, b) =>
      (ruleCosts[a] ?? 0) - (ruleCosts[b] ?? 0) ||
      (costs[a] ?? 0) - (costs[b] ?? 0) ||
      world.riskOf(a) - world.riskOf(b) ||
      model.compare(a, b),
  );
  return stores.slice(0, MAX_RANKED).map((store) => ({
    store,
    ruleCost: ruleCosts[store] ?? 0,
    cost: costs[store] ?? 0,
  }));
}
