// The receipts log, as far as the next leaf needs it: the heads of the complete subtrees, one per bit of
// the size. Appending to a log of any length takes a few hashes, because the proof of the newest leaf
// is exactly the frontier that it joins. (RFC 6962; packages/log has the whole tree.)
import { concatBytes } from '@kura/base';
import { emptyHead, HASH_BYTES, hashNode } from '@kura/log';

export interface Frontier {
  readonly size: number;
  /** Largest first. */
  readonly peaks: readonly Uint8Array[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, peaks: [] };

export interface Appended {
  readonly frontier: Frontier;
  readonly leafIndex: number;
  /** From the leaf's sibling up to the root's child. */
  readonly inclusionProof: readonly Uint8Array[];
  readonly head: Uint8Array;
}

export function appendLeaf(before: Frontier, entryHash: Uint8Array): Appended {
  const peaks = [...before.peaks];
  let merged = entryHash;
  // Each trailing one bit of the old size is a subtree as large as what is merged so far.
  for (let rest = before.size; rest % 2 === 1; rest = (rest - 1) / 2) {
    const left = peaks.pop();
    if (left !== undefined) merged = hashNode(left, merged);
  }
  const frontier = { size: before.size + 1, peaks: [...peaks, merged] };
  return {
    frontier,
    leafIndex: before.size,
    inclusionProof: before.peaks.toReversed(),
    head: headOf(frontier),
  };
}

export function headOf({ peaks }: Frontier): Uint8Array {
  const [smallest, ...larger] = peaks.toReversed();
  if (smallest === undefined) return emptyHead();
  return larger.reduce((right, left) => hashNode(left, right), smallest);
}

export function encodePeaks({ peaks }: Frontier): Uint8Array {
  return concatBytes(...peaks);
}

/** Undefined if there are not as many peaks as the size has bits. */
export function decodePeaks(size: number, bytes: Uint8Array): Frontier | undefined {
  const ones = size.toString(2).replaceAll('0', '').length;
  if (bytes.length !== ones * HASH_BYTES) return undefined;
  const peaks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += HASH_BYTES)
    peaks.push(bytes.slice(at, at + HASH_BYTES));
  return { size, peaks };
}
