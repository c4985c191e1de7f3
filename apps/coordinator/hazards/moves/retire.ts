// When a copy that is no longer needed may go. An alert never gets here: a copy is retired only when the pack
// has more than it needs, all is calm around it, and what stays has been read in full since. The act itself
// is a removal warrant, which the store checks for itself.
import { DAY_MS, HOUR_MS, must } from '@kura/base';
import type { Demand, World } from '../planner/world.ts';
import { riskParameters } from '../risk/parameters.ts';

export interface HeldCopy {
  readonly store: number;
  /** When it was verified after writing. */
  readonly addedMs: number;
  /** When it was last read in full and found intact; -∞ if never. */
  readonly checkedMs: number;
}

export interface RetireInput {
  readonly world: World;
  readonly demand: Demand;
  readonly copies: readonly HeldCopy[];
  /** Stores that this pack should leave: not allowed any more, or full beyond the level's share. */
  readonly unwelcome?: ReadonlySet<number>;
  /** Since when each store has been calm without a break; +∞ if it is not. */
  readonly calmSinceMs: Float64Array;
  /** Additions of this pack that still run. */
  readonly isMoving: boolean;
  /** When a copy of this pack was last retired; -∞ if never. */
  readonly lastRetiredMs: number;
  readonly nowMs: number;
}

export type RetireDecision =
  | { readonly retire: number; readonly reason: string }
  | { readonly retire: undefined; readonly reason: string };

const keep = (reason: string): RetireDecision => ({ retire: undefined, reason });

export function decideRetirement(input: RetireInput): RetireDecision {
  const { world, demand, copies, nowMs } = input;
  const { calmHours } = riskParameters().decisions;
  if (copies.length <= demand.copies) return keep('no copy is too many');
  if (input.isMoving) return keep('a move of this pack still runs');
  if (nowMs - input.lastRetiredMs < DAY_MS) return keep('a copy was retired less than a day ago');
  const calmMs = calmHours * HOUR_MS;
  const restless = copies.find(
    ({ store }) =>
      world.store(store).state !== 'active' ||
      world.store(store).stance !== 'calm' ||
      nowMs - (input.calmSinceMs[store] ?? Number.POSITIVE_INFINITY) < calmMs,
  );
  if (restless !== undefined) {
    const { city } = world.store(restless.store).site.place;
    return keep(`${city} has not been calm for ${calmHours} hours`);
  }
  const held = copies.find(({ store }) => world.store(store).isHeld === true);
  if (held !== undefined) return keep(`${world.store(held.store).site.place.city} is on hold`);
  const { leave, rest } = worstCopy(input);
  const since = Math.max(...copies.map(({ store }) => input.calmSinceMs[store] ?? 0));
  const unread = rest.find((copy) => copy.checkedMs < Math.max(since, copy.addedMs));
  if (unread !== undefined) {
    const { city } = world.store(unread.store).site.place;
    return keep(`the copy in ${city}, which would stay, has not been read in full since`);
  }
  const { city } = world.store(leave.store).site.place;
  const counts = `${copies.length} copies where ${demand.copies} are wanted`;
  const reason = `${counts}, all calm for ${calmHours} hours and read since: ${city} adds least`;
  return { retire: leave.store, reason };
}

/** The copy without which the rest is best; of nearly equal ones the youngest, so that what stood stays. */
function worstCopy({ world, demand, copies, unwelcome }: RetireInput): {
  readonly leave: HeldCopy;
  readonly rest: readonly HeldCopy[];
} {
  const { gain } = riskParameters().decisions;
  const leaving = copies.filter(
    ({ store }) => unwelcome?.has(store) || !world.mayHold(demand, store),
  );
  const judged = (leaving.length > 0 ? leaving : copies).map((leave) => {
    const rest = copies.filter((copy) => copy !== leave);
    const set = rest.map((copy) => copy.store);
    const rules = world.ruleCostOfSet(demand, set);
    return { leave, rest, rules, cost: world.costOf(demand, set) };
  });
  const least = Math.min(...judged.map(({ rules }) => rules));
  const fair = judged.filter(({ rules }) => rules === least);
  const best = Math.min(...fair.map(({ cost }) => cost));
  const equal = fair.filter(({ cost }) => cost <= gain * best);
  equal.sort((a, b) => b.leave.addedMs - a.leave.addedMs || a.cost - b.cost);
  return must(equal[0], 'a copy');
}
