// Stores for one more copy, the best first: what a plan goes down when the best is full. Kept in small arrays,
// because a plan for a million packs keeps some ten thousand of them.
import type { Demand, World } from './world.ts';

/** More than this are never needed: if so many are full, the network is. */
const MAX_RANKED = 48;

/** In ascending order of rules broken, then of the cost of the set with the store. */
export interface Ranking {
  readonly stores: Uint16Array;
  readonly ruleCosts: Uint16Array;
  readonly costs: Float64Array;
}

export function rankAdditions(world: World, demand: Demand, present: readonly number[]): Ranking {
  const model = world.modelFor(demand, () => true);
  const costs = world.scratchCosts;
  // Row A6: where there is no copy yet, the lowest risk decides.
  if (present.length === 0) for (const store of costs.keys()) costs[store] = world.riskOf(store);
  else model.costsOfAdding(present, costs);
  const stores = new Uint16Array(MAX_RANKED);
  const ruleCosts = new Uint16Array(MAX_RANKED);
  const kept = new Float64Array(MAX_RANKED);
  let count = 0;
  const isBefore = (store: number, rules: number, at: number): boolean => {
    const cost = costs[store] ?? 0;
    if (rules !== ruleCosts[at]) return rules < (ruleCosts[at] ?? 0);
    if (cost !== kept[at]) return cost < (kept[at] ?? 0);
    const other = stores[at] ?? 0;
    const risk = world.riskOf(store) - world.riskOf(other);
    return risk !== 0 ? risk < 0 : model.compare(store, other) < 0;
  };
  for (let store = 0; store < world.stores.length; store++) {
    if (!model.isUsable(store) || present.includes(store)) continue;
    const rules = present.length === 0 ? 0 : model.ruleCostOf(store, present);
    let at = count;
    while (at > 0 && isBefore(store, rules, at - 1)) at--;
    if (at >= MAX_RANKED) continue;
    count = Math.min(MAX_RANKED, count + 1);
    for (const list of [stores, ruleCosts, kept]) list.copyWithin(at + 1, at, count - 1);
    stores[at] = store;
    ruleCosts[at] = rules;
    kept[at] = costs[store] ?? 0;
  }
  return {
    stores: stores.slice(0, count),
    ruleCosts: ruleCosts.slice(0, count),
    costs: kept.slice(0, count),
  };
}
