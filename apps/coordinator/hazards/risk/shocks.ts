// Events that can strike, as a sparse matrix: shock × site, with the probability of both outcomes there if the
// shock comes. Given a shock, sites fail independently; without one in common they have nothing to do with
// each other (Marshall and Olkin). Rows are for "who else", columns for "what can happen to it".
import { assert } from '@kura/base';
import type { Outcomes } from './earthquake.ts';

export interface ShockMatrix {
  readonly siteCount: number;
  readonly shockCount: number;
  /** Per year for what may come any time; a probability for an event that is known. */
  readonly rates: Float64Array;
  /** Entries of shock `j` are `rowStarts[j]` to `rowStarts[j + 1]`. */
  readonly rowStarts: Uint32Array;
  readonly sites: Uint32Array;
  readonly lost: Float32Array;
  readonly unreachable: Float32Array;
  /** Entries of site `i`: `columnEntries[columnStarts[i]]` … are indices into the arrays above. */
  readonly columnStarts: Uint32Array;
  readonly columnEntries: Uint32Array;
  /** Shock of each entry. */
  readonly shockOfEntry: Uint32Array;
}

const FIRST_CAPACITY = 1024;

/** Collects shocks, one after the other. */
export class ShockList {
  readonly siteCount: number;
  #rates = new Float64Array(FIRST_CAPACITY);
  #rowStarts = new Uint32Array(FIRST_CAPACITY);
  #sites = new Uint32Array(FIRST_CAPACITY);
  #lost = new Float32Array(FIRST_CAPACITY);
  #unreachable = new Float32Array(FIRST_CAPACITY);
  #shocks = 0;
  #entries = 0;

  /** `start` is taken over; it must be about the same sites. */
  constructor(siteCount: number, start?: ShockMatrix) {
    this.siteCount = siteCount;
    if (start === undefined) return;
    assert(start.siteCount === siteCount, 'shocks about the same sites');
    this.#rates = start.rates.slice();
    this.#rowStarts = start.rowStarts.slice();
    this.#sites = start.sites.slice();
    this.#lost = start.lost.slice();
    this.#unreachable = start.unreachable.slice();
    this.#shocks = start.shockCount;
    this.#entries = start.sites.length;
  }

  /** Begins a shock; `strike` says whom it strikes. */
  begin(rate: number): void {
    assert(rate > 0, 'a shock that may come');
    if (this.#shocks + 1 >= this.#rowStarts.length) {
      this.#rates = grown(this.#rates, new Float64Array(2 * this.#rates.length + 2));
      this.#rowStarts = grown(this.#rowStarts, new Uint32Array(this.#rates.length + 1));
    }
    this.#rates[this.#shocks] = rate;
    this.#rowStarts[this.#shocks] = this.#entries;
    this.#shocks++;
  }

  strike(site: number, { lost, unreachable }: Outcomes): void {
    const at = this.#entries++;
    if (at >= this.#sites.length) {
      const length = 2 * this.#sites.length + 2;
      this.#sites = grown(this.#sites, new Uint32Array(length));
      this.#lost = grown(this.#lost, new Float32Array(length));
      this.#unreachable = grown(this.#unreachable, new Float32Array(length));
    }
    this.#sites[at] = site;
    this.#lost[at] = lost;
    this.#unreachable[at] = unreachable;
  }

  finish(): ShockMatrix {
    const rowStarts = new Uint32Array(this.#shocks + 1);
    rowStarts.set(this.#rowStarts.subarray(0, this.#shocks));
    rowStarts[this.#shocks] = this.#entries;
    const sites = this.#sites.slice(0, this.#entries);
    return {
      siteCount: this.siteCount,
      shockCount: this.#shocks,
      rates: this.#rates.slice(0, this.#shocks),
      rowStarts,
      sites,
      lost: this.#lost.slice(0, this.#entries),
      unreachable: this.#unreachable.slice(0, this.#entries),
      ...columnsOf(sites, rowStarts, this.siteCount),
    };
  }
}

function grown<T extends Float64Array | Float32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function columnsOf(
  sites: Uint32Array,
  rowStarts: Uint32Array,
  siteCount: number,
): Pick<ShockMatrix, 'columnStarts' | 'columnEntries' | 'shockOfEntry'> {
  const columnStarts = new Uint32Array(siteCount + 1);
  for (const site of sites) columnStarts[site + 1] = (columnStarts[site + 1] ?? 0) + 1;
  for (let site = 0; site < siteCount; site++) {
    columnStarts[site + 1] = (columnStarts[site + 1] ?? 0) + (columnStarts[site] ?? 0);
  }
  const next = columnStarts.slice();
  const columnEntries = new Uint32Array(sites.length);
  const shockOfEntry = new Uint32Array(sites.length);
  for (let shock = 0; shock + 1 < rowStarts.length; shock++) {
    for (let entry = rowStarts[shock] ?? 0; entry < (rowStarts[shock + 1] ?? 0); entry++) {
      const site = sites[entry] ?? 0;
      columnEntries[next[site] ?? 0] = entry;
      next[site] = (next[site] ?? 0) + 1;
      shockOfEntry[entry] = shock;
    }
  }
  return { columnStarts, columnEntries, shockOfEntry };
}

/** Expected losses and outages of each site per year, known events included. */
export function ratesOfSites(matrix: ShockMatrix): {
  lost: Float64Array;
  unreachable: Float64Array;
} {
  const lost = new Float64Array(matrix.siteCount);
  const unreachable = new Float64Array(matrix.siteCount);
  for (let shock = 0; shock < matrix.shockCount; shock++) {
    const rate = matrix.rates[shock] ?? 0;
    const end = matrix.rowStarts[shock + 1] ?? 0;
    for (let entry = matrix.rowStarts[shock] ?? 0; entry < end; entry++) {
      const site = matrix.sites[entry] ?? 0;
      lost[site] = (lost[site] ?? 0) + rate * (matrix.lost[entry] ?? 0);
      unreachable[site] = (unreachable[site] ?? 0) + rate * (matrix.unreachable[entry] ?? 0);
    }
  }
  return { lost, unreachable };
}
