// Which parts of a log's tree a proof consists of, apart from where their hashes come from: a tree in memory or
// tiles. A range is [from, to) of entries whose head RFC 6962 asks for; a node is a complete subtree of 2^level
// entries.
import { assert } from '@kura/base';

export interface EntryRange {
  readonly from: number;
  readonly to: number;
}

export interface TreeNode {
  /** The subtree has 2^level entries … */
  readonly level: number;
  /** … and is the index-th of them, from the left. */
  readonly index: number;
}

const isSize = (size: number): boolean => Number.isSafeInteger(size) && size >= 0;

/** Largest power of two below `size`, which is at least 2. */
function splitPoint(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** From the entry's sibling up to the root's child. */
export function inclusionRanges(index: number, size: number): EntryRange[] {
  assert(isSize(size) && isSize(index) && index < size, 'an entry outside the tree');
  const ranges: EntryRange[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    const goesLeft = index < middle;
    ranges.push(goesLeft ? { from: middle, to } : { from, to: middle });
    if (goesLeft) to = middle;
    else from = middle;
  }
  return ranges.reverse();
}

/** That the tree of `toSize` entries begins with the tree of `fromSize` entries. */
export function consistencyRanges(fromSize: number, toSize: number): EntryRange[] {
  assert(isSize(fromSize) && isSize(toSize) && fromSize <= toSize, 'sizes swapped');
  if (fromSize === 0 || fromSize === toSize) return [];
  const ranges: EntryRange[] = [];
  let from = 0;
  let to = toSize;
  let isWholeOldTree = true;
  while (fromSize !== to) {
    const middle = from + splitPoint(to - from);
    if (fromSize <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
      isWholeOldTree = false;
    }
  }
  if (!isWholeOldTree) ranges.push({ from, to });
  return ranges.reverse();
}

/**
 * The complete subtrees that make up a range, from the left; its head is their hashes, folded from the right.
 * `from` is a multiple of the power of two at or above the length, as every range of a proof begins.
 */
export function nodesOfRange({ from, to }: EntryRange): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = from; at < to; ) {
    let level = 0;
    let entries = 1;
    while (entries * 2 <= to - at) {
      entries *= 2;
      level++;
    }
    nodes.push({ level, index: at / entries });
    at += entries;
  }
  return nodes;
}
