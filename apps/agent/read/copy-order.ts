// In which order the copies of a pack are tried. Whatever comes first, what a store gives is checked in the same
// way, and a fault leads to the next: an order costs time at the most, never what is read.
import type { Random, StoreId } from '@kura/base';
import type { CopyRow } from '@kura/contract';
import type { StoreSpeeds } from './store-speeds.ts';

export type CopyOrder = (copies: readonly CopyRow[]) => readonly CopyRow[];

/** Of several that read at once: in which order each tries copies. */
export interface ReadingLanes {
  readonly count: number;
  readonly order: (lane: number) => CopyOrder;
  /** Whether whole packs can be asked for at once; default, no. */
  readonly isFast?: () => boolean;
}

export interface OrderChoice {
  /** The person wants this one first. */
  readonly from: StoreId | undefined;
  /** Any store is as good as another; no store learns a habit. */
  readonly isRandom: boolean;
}

export const ANY_STORE: OrderChoice = { from: undefined, isRandom: false };

/** As recorded: the store of the lowest risk is first. */
export const recordedOrder: CopyOrder = heldFirst;

/** No line is between: nothing is gained by asking for several things at once. */
export const ONE_LANE: ReadingLanes = { count: 1, order: () => recordedOrder };

/** `speeds`: absent where no line is between. */
export function copyOrder(
  { from, isRandom }: OrderChoice,
  { random, speeds }: { readonly random: Random; readonly speeds?: StoreSpeeds },
): CopyOrder {
  return (copies) => {
    const sorted = isRandom ? shuffled(copies, random) : byTime(copies, speeds);
    const wanted = sorted.filter(({ storeId }) => storeId === from);
    return heldFirst([...wanted, ...sorted.filter(({ storeId }) => storeId !== from)]);
  };
}

/**
 * Over a line, where faults pass: each copy is asked once more after the last one. `lane`: of several that read at
 * once; each begins with another one of the stores that are about as good, so that all of them are used.
 */
export function laneOrder(
  order: CopyOrder,
  { speeds, lane }: { readonly speeds: StoreSpeeds; readonly lane: number },
): CopyOrder {
  return (copies) => {
    const best = order(copies);
    const equals = speeds.comparable(best.map(({ storeId }) => storeId));
    const first = equals.length === 0 ? undefined : equals[lane % equals.length];
    const led = best.filter(({ storeId }) => storeId === first);
    const once = heldFirst([...led, ...best.filter(({ storeId }) => storeId !== first)]);
    return [...once, ...once];
  };
}

/** Copies believed intact first; others may still have the leaves we want. */
function heldFirst(copies: readonly CopyRow[]): readonly CopyRow[] {
  const held = copies.filter((copy) => copy.state === 'held');
  return [...held, ...copies.filter((copy) => copy.state !== 'held')];
}

function byTime(copies: readonly CopyRow[], speeds: StoreSpeeds | undefined): readonly CopyRow[] {
  if (speeds === undefined) return copies;
  return copies.toSorted((a, b) => speeds.windowMs(a.storeId) - speeds.windowMs(b.storeId));
}

function shuffled(copies: readonly CopyRow[], random: Random): readonly CopyRow[] {
  return copies
    .map((copy) => ({ copy, place: random.below(2 ** 32) }))
    .sort((a, b) => a.place - b.place)
    .map(({ copy }) => copy);
}
