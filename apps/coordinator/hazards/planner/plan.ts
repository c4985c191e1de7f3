// One demand, one answer: the best set of stores for it, with a reason in words for every store. What stands
// is kept unless it is clearly worse. The optimum and its order: docs/design/risk.md.
import { riskParameters } from '../risk/parameters.ts';
import { bestSet, type FoundSet } from './best-set.ts';
import type { Demand, World } from './world.ts';

/** Partial sets followed at once: exhaustive search finds nothing better with this many. */
export const BEAM = 24;
/** Sets this near to the least loss count as equal, and the cheaper one is taken. */
export const TOLERANCE = 1.01;

export interface PlanInput {
  readonly world: World;
  readonly demand: Demand;
  /** Which stores have room for it within the level's share. */
  readonly hasRoom: (store: number) => boolean;
}

/** The best `copies` stores to add to `present`; undefined if there are too few. */
export function planSet(
  { world, demand, hasRoom }: PlanInput,
  present: readonly number[],
  copies: number,
): FoundSet | undefined {
  const model = world.modelFor(demand, hasRoom);
  return bestSet(model, { present, copies, beam: BEAM, tolerance: TOLERANCE });
}

/** What a better set would be: one copy in place of another. */
export interface Replacement {
  readonly leave: number;
  readonly enter: number;
  readonly why: 'rules' | 'risk';
}

/**
 * A replacement that is worth its bytes: it keeps a rule that is broken now, or makes the loss less than half.
 * Undefined if what stands is good enough. Ties go to what stands.
 */
export function worthwhileReplacement(
  input: PlanInput,
  set: readonly number[],
): Replacement | undefined {
  const { world, demand } = input;
  const { gain } = riskParameters().decisions;
  const standing = { rules: world.ruleCostOfSet(demand, set), cost: world.costOf(demand, set) };
  let best: (Replacement & { rules: number; cost: number }) | undefined;
  for (const leave of set) {
    const rest = set.filter((store) => store !== leave);
    const found = planSet(input, rest, 1);
    const enter = found?.added[0];
    if (found === undefined || enter === undefined || enter === leave) continue;
    const rules = world.ruleCostOfSet(demand, [...rest, enter]);
    const cost = rest.length === 0 ? world.costOf(demand, [enter]) : found.cost;
    const keepsMore = rules < standing.rules;
    const isSafer = rules === standing.rules && cost * gain < standing.cost;
    if (!keepsMore && !isSafer) continue;
    if (best !== undefined && (rules > best.rules || (rules === best.rules && cost >= best.cost))) {
      continue;
    }
    best = { leave, enter, why: keepsMore ? 'rules' : 'risk', rules, cost };
  }
  return best && { leave: best.leave, enter: best.enter, why: best.why };
}
