// Packs of one demand on the same stores are one group: what is decided for one holds for all. A million packs
// make some thousand groups, found in one pass over columns.
import { assert, must } from '@kura/base';

/** No store: fills rows of packs with fewer copies than columns. */
export const NO_STORE = 0xffff;

export interface PackColumns {
  /** Index of each pack's demand. */
  readonly demand: Uint32Array;
  readonly sizeBytes: Uint32Array;
  /** `width` per pack: indices of the stores that hold it, in any order, then `NO_STORE`. */
  readonly stores: Uint16Array;
  readonly width: number;
}

export interface PackGroup {
  readonly demand: number;
  /** Ascending. */
  readonly stores: readonly number[];
  /** Of `stores`, those whose copy is there already; absent: all. */
  readonly held?: readonly number[];
  packs: number;
  bytes: number;
}

export interface Grouped {
  readonly groups: readonly PackGroup[];
  /** Group of each pack. */
  readonly groupOf: Uint32Array;
}

const EMPTY = 0xffffffff;
const FIRST_SLOTS = 1 << 12;

export function groupPacks(packs: PackColumns): Grouped {
  const count = packs.demand.length;
  assert(packs.stores.length === count * packs.width, 'as many rows as packs');
  const groups: PackGroup[] = [];
  const groupOf = new Uint32Array(count);
  let slots = new Uint32Array(FIRST_SLOTS).fill(EMPTY);
  for (let pack = 0; pack < count; pack++) {
    const demand = packs.demand[pack] ?? 0;
    const row = rowOf(packs, pack);
    let slot = hashOf(demand, row) & (slots.length - 1);
    for (;;) {
      const found = slots[slot] ?? EMPTY;
      if (found === EMPTY) {
        slots[slot] = groups.length;
        groups.push({ demand, stores: row, packs: 0, bytes: 0 });
        break;
      }
      if (isSame(must(groups[found], 'a group'), demand, row)) break;
      slot = (slot + 1) & (slots.length - 1);
    }
    const index = slots[slot] ?? 0;
    const group = must(groups[index], 'a group');
    group.packs++;
    group.bytes += packs.sizeBytes[pack] ?? 0;
    groupOf[pack] = index;
    if (groups.length * 2 > slots.length) slots = spread(groups, slots.length * 2);
  }
  return { groups, groupOf };
}

function rowOf({ stores, width }: PackColumns, pack: number): number[] {
  const row: number[] = [];
  for (let at = pack * width; at < (pack + 1) * width; at++) {
    const store = stores[at] ?? NO_STORE;
    if (store !== NO_STORE) row.push(store);
  }
  return row.sort((a, b) => a - b);
}

/** FNV-1a over the numbers. */
function hashOf(demand: number, row: readonly number[]): number {
  let hash = Math.imul(0x811c9dc5 ^ demand, 0x01000193);
  for (const store of row) hash = Math.imul(hash ^ store, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function isSame(group: PackGroup, demand: number, row: readonly number[]): boolean {
  if (group.demand !== demand || group.stores.length !== row.length) return false;
  return row.every((store, index) => group.stores[index] === store);
}

function spread(groups: readonly PackGroup[], length: number): Uint32Array<ArrayBuffer> {
  const slots = new Uint32Array(length).fill(EMPTY);
  for (const [index, { demand, stores }] of groups.entries()) {
    let slot = hashOf(demand, stores) & (length - 1);
    while (slots[slot] !== EMPTY) slot = (slot + 1) & (length - 1);
    slots[slot] = index;
  }
  return slots;
}
