// Where a member looks: random windows of its own copies at one store, each as likely as any other, none twice.
import { must, type Random } from '@kura/base';
import type { CopyRow, PackRow } from '@kura/contract';

export interface OwnCopy {
  readonly pack: PackRow;
  readonly copy: CopyRow;
}

/** A window of a copy: the least that a store is asked for. */
export interface Place extends OwnCopy {
  readonly firstLeaf: number;
}

export interface DrawOptions {
  /** All that there are, if there are fewer. */
  readonly count: number;
  readonly windowLeaves: number;
  readonly random: Random;
}

/** In the order of `copies`: those of one copy follow each other. */
export function drawPlaces(
  copies: readonly OwnCopy[],
  { count, windowLeaves, random }: DrawOptions,
): readonly Place[] {
  const windowsOf = ({ pack }: OwnCopy): number => Math.ceil(pack.leafCount / windowLeaves);
  const total = copies.reduce((sum, copy) => sum + windowsOf(copy), 0);
  const drawn = drawNumbers(total, Math.min(count, total), random);
  const places: Place[] = [];
  let at = 0;
  let before = 0;
  for (const number of drawn) {
    let copy = must(copies[at], 'a copy for every window');
    for (; number >= before + windowsOf(copy); copy = must(copies[at], 'the next copy')) {
      before += windowsOf(copy);
      at++;
    }
    places.push({ ...copy, firstLeaf: (number - before) * windowLeaves });
  }
  return places;
}

/** `count` of the numbers below `total`, rising. */
function drawNumbers(total: number, count: number, random: Random): readonly number[] {
  // Whichever is less: those that are drawn, or those that are not.
  const isMost = count > total / 2;
  const few = new Set<number>();
  while (few.size < (isMost ? total - count : count)) few.add(random.below(total));
  if (!isMost) return [...few].sort((a, b) => a - b);
  return Array.from({ length: total }, (_, number) => number).filter((one) => !few.has(one));
}
