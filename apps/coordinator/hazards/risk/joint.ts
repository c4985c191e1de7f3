// How likely a set of sites fails together: formula D of the hazard study, over a matrix of shocks. Evaluations
// reuse their scratch arrays, because a planner asks a hundred thousand times.
import { DAY_MS } from '@kura/base';
import type { Outcomes } from './earthquake.ts';
import { riskParameters } from './parameters.ts';
import { ratesOfSites, type ShockMatrix } from './shocks.ts';

const YEAR_DAYS = 365.25;
export const YEAR_MS = YEAR_DAYS * DAY_MS;

/**
 * Probability that more than `total − needed` of the fragments are destroyed, each independently with its own
 * probability (Poisson and binomial); with one fragment needed, that all are.
 */
export function fewerThan(needed: number, destroyed: readonly number[]): number {
  let alive = [1];
  for (const probability of destroyed) {
    const next = new Array<number>(alive.length + 1).fill(0);
    for (const [count, weight] of alive.entries()) {
      next[count] = (next[count] ?? 0) + weight * probability;
      next[count + 1] = (next[count + 1] ?? 0) + weight * (1 - probability);
    }
    alive = next;
  }
  return alive.slice(0, needed).reduce((sum, weight) => sum + weight, 0);
}

/** Losses per year by shocks that sites share; each copy is enough. */
export function sharedLosses(
  shocks: readonly { readonly perYear: number; readonly destroyed: readonly number[] }[],
): number {
  return shocks.reduce((sum, shock) => sum + shock.perYear * fewerThan(1, shock.destroyed), 0);
}

/** Losses per year by chance alone: each copy lost while all others are being repaired. */
export function independentLosses(perYear: readonly number[], repairDays: number): number {
  const product = perYear.reduce((all, rate) => all * rate, 1);
  return perYear.length * product * (repairDays / YEAR_DAYS) ** (perYear.length - 1);
}

/** Copysets (Cidon et al. 2013): probability that `failed` of `nodes` hold all of one of the sets. */
export function copysetLoss(nodes: number, failed: number, copies: number, sets: number): number {
  let one = 1;
  for (let index = 0; index < copies; index++) one *= (failed - index) / (nodes - index);
  return -Math.expm1(sets * Math.log1p(-one));
}

export class JointRisk {
  readonly matrix: ShockMatrix;
  /** Per site and year, known events included. */
  readonly rates: { readonly lost: Float64Array; readonly unreachable: Float64Array };
  readonly #lost: Float64Array;
  readonly #unreachable: Float64Array;
  /** Of the shocks that reach all sites seen so far in the evaluation. */
  readonly #stamps: Uint32Array;
  readonly #reached: Uint32Array;
  readonly #home: Float64Array;
  readonly #homeStamps: Uint32Array;
  #stamp = 0;
  #homeStamp = 0;
  #homeSite = -1;

  constructor(matrix: ShockMatrix) {
    this.matrix = matrix;
    this.rates = ratesOfSites(matrix);
    this.#lost = new Float64Array(matrix.shockCount);
    this.#unreachable = new Float64Array(matrix.shockCount);
    this.#stamps = new Uint32Array(matrix.shockCount);
    this.#reached = new Uint32Array(matrix.shockCount);
    this.#home = new Float64Array(matrix.shockCount);
    this.#homeStamps = new Uint32Array(matrix.shockCount);
  }

  /** Per year, that the original and all copies of the set are lost, or none can be read. */
  ofSet(home: number, set: readonly number[]): Outcomes {
    const count = this.#intersect(home, set);
    let lost = this.#chance(set);
    let unreachable = 0;
    for (let index = 0; index < count; index++) {
      const shock = this.#reached[index] ?? 0;
      lost += this.#lost[shock] ?? 0;
      unreachable += this.#unreachable[shock] ?? 0;
    }
    return { lost, unreachable };
  }

  /** `lost + ω·unreachable` of the set: what a plan makes small. */
  costOf(home: number, set: readonly number[]): number {
    const { lost, unreachable } = this.ofSet(home, set);
    return lost + riskParameters().joint.unreachableWeight * unreachable;
  }

  /** `costOf` the set with each site added, for all sites at once, into `costs`. */
  costsOfExtending(home: number, set: readonly number[], costs: Float64Array): void {
    const { matrix } = this;
    const weight = riskParameters().joint.unreachableWeight;
    const chance = this.#chance(set);
    const share = this.#chanceOfOneMore(set, chance);
    for (let site = 0; site < costs.length; site++) {
      costs[site] = share * (this.rates.lost[site] ?? 0);
    }
    const count = this.#intersect(home, set);
    const shocks = set.length === 0 ? matrix.shockCount : count;
    for (let index = 0; index < shocks; index++) {
      const shock = set.length === 0 ? index : (this.#reached[index] ?? 0);
      const isFirst = set.length === 0;
      const original = isFirst ? this.#originalGone(shock) * (matrix.rates[shock] ?? 0) : 0;
      const lost = isFirst ? original : (this.#lost[shock] ?? 0);
      const unreachable = weight * (isFirst ? original : (this.#unreachable[shock] ?? 0));
      const end = matrix.rowStarts[shock + 1] ?? 0;
      for (let entry = matrix.rowStarts[shock] ?? 0; entry < end; entry++) {
        const site = matrix.sites[entry] ?? 0;
        if (site >= costs.length) continue;
        costs[site] =
          (costs[site] ?? 0) +
          lost * (matrix.lost[entry] ?? 0) +
          unreachable * (matrix.unreachable[entry] ?? 0);
      }
    }
  }

  /** Losses by chance: the original gone for another reason, and every copy before the others are repaired. */
  #chance(set: readonly number[]): number {
    const { originalGone, repairDays } = riskParameters().joint;
    if (set.length < 2) return 0;
    const rates = set.map((site) => this.rates.lost[site] ?? 0);
    return originalGone * independentLosses(rates, repairDays);
  }

  /** What `#chance` of the set and one more is, per rate of that one. */
  #chanceOfOneMore(set: readonly number[], chance: number): number {
    const { originalGone, repairDays } = riskParameters().joint;
    const years = repairDays / YEAR_DAYS;
    if (set.length === 0) return 0;
    if (set.length === 1) return originalGone * 2 * (this.rates.lost[set[0] ?? 0] ?? 0) * years;
    return ((chance * (set.length + 1)) / set.length) * years;
  }

  #originalGone(shock: number): number {
    const { originalGone } = riskParameters().joint;
    if (this.#homeStamps[shock] !== this.#homeStamp) return originalGone;
    return originalGone + (1 - originalGone) * (this.#home[shock] ?? 0);
  }

  /** Writes down what home suffers in each shock; kept from one evaluation to the next. */
  #prepareHome(home: number): void {
    if (home === this.#homeSite) return;
    this.#homeSite = home;
    this.#homeStamp++;
    const { matrix } = this;
    const { homeWeakness } = riskParameters().joint;
    const end = matrix.columnStarts[home + 1] ?? 0;
    for (let at = matrix.columnStarts[home] ?? 0; at < end; at++) {
      const entry = matrix.columnEntries[at] ?? 0;
      const shock = matrix.shockOfEntry[entry] ?? 0;
      this.#home[shock] = Math.min(1, homeWeakness * (matrix.lost[entry] ?? 0));
      this.#homeStamps[shock] = this.#homeStamp;
    }
  }

  /** Shocks that reach every site of the set, with their products; how many. */
  #intersect(home: number, set: readonly number[]): number {
    this.#prepareHome(home);
    const { matrix } = this;
    let count = 0;
    for (const [pass, site] of set.entries()) {
      const before = this.#stamp++;
      count = 0;
      const end = matrix.columnStarts[site + 1] ?? 0;
      for (let at = matrix.columnStarts[site] ?? 0; at < end; at++) {
        const entry = matrix.columnEntries[at] ?? 0;
        const shock = matrix.shockOfEntry[entry] ?? 0;
        if (pass > 0 && this.#stamps[shock] !== before) continue;
        const first = pass > 0 ? 1 : this.#originalGone(shock) * (matrix.rates[shock] ?? 0);
        const lost = pass > 0 ? (this.#lost[shock] ?? 0) : first;
        const unreachable = pass > 0 ? (this.#unreachable[shock] ?? 0) : first;
        this.#lost[shock] = lost * (matrix.lost[entry] ?? 0);
        this.#unreachable[shock] = unreachable * (matrix.unreachable[entry] ?? 0);
        this.#stamps[shock] = this.#stamp;
        this.#reached[count++] = shock;
      }
    }
    return count;
  }
}
