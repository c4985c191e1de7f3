// Stores for one more copy, the best first: what a plan goes down when the best is full. Kept in small arrays,
// because a plan for a million packs keeps some ten thousand of them.
import type { Demand, World } from './world.ts';

/** On top of the rules that a store under watch breaks: it comes after every calm one. */
const UNDER_WATCH = 0x8000;

/** More than this are never needed: if so many are full, the network is. */
const MAX_RANKED = 48;

/** In ascending order of rules broken, then of the cost of the set with the store. */
export interface Ranking {
  readonly stores: Uint16Array;
  readonly ruleCosts: Uint16Array;
  readonly costs: Float64Array;
}

export interface RankInput {
  /** Stores that hold it already. */
  readonly present: readonly number[];
  /**
   * What is in danger may go to a store under watch if no calm one can take it: a chance of some per cent of being
   * out of reach is better than what it flees from.
   */
  readonly isUrgent: boolean;
}

export function rankAdditions(
  world: World,
  demand: Demand,
  { present, isUrgent }: RankInput,
): Ranking {
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
    const isLastResort = isUrgent && isUnderWatch(world, demand, store);
    if (!(model.isUsable(store) || isLastResort) || present.includes(store)) continue;
    const broken = present.length === 0 ? 0 : model.ruleCostOf(store, present);
    const rules = broken + (isLastResort ? UNDER_WATCH : 0);
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

/** It takes nothing that has another choice. */
export function isUnderWatch(world: World, demand: Demand, store: number): boolean {
  return world.store(store).stance === 'watch' && world.takes(demand, store);
}
