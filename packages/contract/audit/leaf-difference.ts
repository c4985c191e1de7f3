// Where two leaves that should be the same are not: for a store that rebuilt one from parity, and for an auditor who
// has it right from another store.
import { assert } from '@kura/base';
import { FINDING_BLOCK_BYTES } from './findings.ts';

export interface LeafDifference {
  /** Number of the first bit that differs, counted from the leaf's beginning, the lowest bit of a byte first. */
  readonly firstBit: number;
  readonly bits: number;
  /** 4 KiB blocks in which any differ. */
  readonly blocks: number;
}

/** Undefined if they are the same. Both are of one length. */
export function differenceOf(found: Uint8Array, wanted: Uint8Array): LeafDifference | undefined {
  assert(found.length === wanted.length, 'two leaves are of one length');
  let firstBit: number | undefined;
  let bits = 0;
  let blocks = 0;
  for (let from = 0; from < found.length; from += FINDING_BLOCK_BYTES) {
    const block = wanted.subarray(from, from + FINDING_BLOCK_BYTES);
    const other = found.subarray(from, from + FINDING_BLOCK_BYTES);
    if (Buffer.compare(block, other) === 0) continue;
    blocks++;
    for (const [at, byte] of block.entries()) {
      const differs = byte ^ (other[at] ?? 0);
      if (differs === 0) continue;
      firstBit ??= 8 * (from + at) + Math.log2(differs & -differs);
      bits += onesIn(differs);
    }
  }
  return firstBit === undefined ? undefined : { firstBit, bits, blocks };
}

function onesIn(byte: number): number {
  let ones = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) ones++;
  return ones;
}
