// The search that every placement goes through, whatever it believes about risk: which stores to add to those
// that hold a pack. Of all ways it wants the one that breaks the least rules, then has the least cost. A beam
// of one is greedy, one copy after the other; a wide one looks at sets as a whole.
import { assert } from '@kura/base';

/** What the search asks. Stores are indices from 0. */
export interface PlacementModel {
  readonly storeCount: number;
  /** May be chosen at all. */
  isUsable(store: number): boolean;
  /** What the store's own risk is: the first copy goes where it is lowest (row A6). */
  riskOf(store: number): number;
  /** Rules that the store would break beside those present, as `ruleCost` counts them. */
  ruleCostOf(store: number, present: readonly number[]): number;
  /** Into `costs`, for every store, the cost of the set with it added. */
  costsOfAdding(present: readonly number[], costs: Float64Array): void;
  /** Total order of last resort: the cheaper store, then the id. */
  compare(a: number, b: number): number;
}

export interface SearchInput {
  /** Stores that hold the pack already. */
  readonly present: readonly number[];
  readonly copies: number;
  /** Partial sets that are followed at once. */
  readonly beam: number;
  /** Sets whose cost is at most this factor above the least are equal, and the last resort decides. */
  readonly tolerance: number;
}

export interface FoundSet {
  /** Added stores, in the order of choice. */
  readonly added: readonly number[];
  readonly ruleCost: number;
  readonly cost: number;
}

function compareFound(model: PlacementModel, a: FoundSet, b: FoundSet): number {
  if (a.ruleCost !== b.ruleCost) return a.ruleCost - b.ruleCost;
  if (a.cost !== b.cost) return a.cost - b.cost;
  const [lastA, lastB] = [a.added.at(-1), b.added.at(-1)];
  if (lastA === undefined || lastB === undefined) return 0;
  const risk = model.riskOf(lastA) - model.riskOf(lastB);
  return risk !== 0 ? risk : model.compare(lastA, lastB);
}

/** The best set it finds; undefined if fewer stores are usable than are wanted. */
export function bestSet(model: PlacementModel, input: SearchInput): FoundSet | undefined {
  assert(input.copies >= 0 && input.beam >= 1 && input.tolerance >= 1, 'a search with sense');
  let beam: FoundSet[] = [{ added: [], ruleCost: 0, cost: 0 }];
  const costs = new Float64Array(model.storeCount);
  for (let step = 0; step < input.copies; step++) {
    const isFirst = input.present.length + step === 0;
    const next = new Map<string, FoundSet>();
    for (const state of beam) {
      const present = [...input.present, ...state.added];
      const found = isFirst
        ? firstCopies(model)
        : extensionsOf(model, { state, present, costs, keep: input.beam });
      for (const one of found) {
        const key = [...one.added].sort((a, b) => a - b).join();
        const known = next.get(key);
        if (known === undefined || compareFound(model, one, known) < 0) next.set(key, one);
      }
    }
    beam = [...next.values()]
      .sort((a, b) => compareFound(model, a, b))
      .slice(0, isFirst ? 1 : input.beam);
  }
  return cheapestOf(model, beam, input.tolerance);
}

function firstCopies(model: PlacementModel): FoundSet[] {
  const found: FoundSet[] = [];
  for (let store = 0; store < model.storeCount; store++) {
    if (!model.isUsable(store)) continue;
    found.push({ added: [store], ruleCost: 0, cost: model.riskOf(store) });
  }
  return found;
}

interface ExtensionInput {
  readonly state: FoundSet;
  readonly present: readonly number[];
  readonly costs: Float64Array;
  readonly keep: number;
}

/** The best `keep` ways of adding one store. */
function extensionsOf(
  model: PlacementModel,
  { state, present, costs, keep }: ExtensionInput,
): FoundSet[] {
  model.costsOfAdding(present, costs);
  const kept: FoundSet[] = [];
  for (let store = 0; store < model.storeCount; store++) {
    if (!model.isUsable(store) || present.includes(store)) continue;
    const found = {
      added: [...state.added, store],
      ruleCost: state.ruleCost + model.ruleCostOf(store, present),
      cost: costs[store] ?? 0,
    };
    let at = kept.length;
    while (at > 0 && compareFound(model, found, kept[at - 1] ?? found) < 0) at--;
    if (at >= keep) continue;
    kept.splice(at, 0, found);
    if (kept.length > keep) kept.pop();
  }
  return kept;
}

function cheapestOf(
  model: PlacementModel,
  beam: readonly FoundSet[],
  tolerance: number,
): FoundSet | undefined {
  const [best, ...others] = beam;
  const last = best?.added.at(-1);
  if (best === undefined || last === undefined || tolerance === 1) return best;
  let cheapest = { found: best, last };
  for (const found of others) {
    if (found.ruleCost > best.ruleCost || found.cost > tolerance * best.cost) break;
    const other = found.added.at(-1);
    if (other === undefined || model.compare(other, cheapest.last) >= 0) continue;
    cheapest = { found, last: other };
  }
  return cheapest.found;
}
