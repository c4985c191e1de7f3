// Where damage lies: leaves that are wrong, gathered into places. Damage has neighbours, so that leaves side by
// side are one event, and what is far apart is several.
import type { Examination } from '../audit/examination.ts';
import { MAX_PLACES, type Place } from './verdict.ts';

/** A leaf between two that are wrong may have been spared. */
const MAX_GAP = 1;

/** Leaf numbers, in any order, as [first, last] of each place, ascending. */
export function runsOf(leaves: Iterable<number>): (readonly [number, number])[] {
  const runs: [number, number][] = [];
  for (const leaf of [...new Set(leaves)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && leaf - last[1] <= MAX_GAP + 1) last[1] = leaf;
    else runs.push([leaf, leaf]);
  }
  return runs;
}

export function leavesOf({ findings }: Examination): number[] {
  return findings.map(({ leaf }) => leaf);
}

/** `blocks`: differing blocks by leaf, as far as they are known. */
export function placesOf(
  leaves: Iterable<number>,
  {
    leafBytes,
    blocks,
  }: { readonly leafBytes: number; readonly blocks: ReadonlyMap<number, number> },
): readonly Place[] {
  return runsOf(leaves)
    .slice(0, MAX_PLACES)
    .map(([first, last]) => {
      let known = 0;
      for (let leaf = first; leaf <= last; leaf++) known += blocks.get(leaf) ?? 0;
      const count = last - first + 1;
      return {
        firstLeaf: first,
        leaves: count,
        firstByte: first * leafBytes,
        bytes: count * leafBytes,
        blocks: known,
      };
    });
}
