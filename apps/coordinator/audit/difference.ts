// Where two leaves that should be the same are not.
import { assert, KIB } from '@kura/base';
import type { LeafDifference } from './outcome.ts';

/** A sector of today's disks, and a page of file systems. */
const BLOCK_BYTES = 4 * KIB;

/** Undefined if they are the same. */
export function differenceOf(found: Uint8Array, wanted: Uint8Array): LeafDifference | undefined {
  assert(found.length === wanted.length, 'two leaves are of one length');
  let firstBit: number | undefined;
  let bits = 0;
  let blocks = 0;
  for (let from = 0; from < found.length; from += BLOCK_BYTES) {
    const block = wanted.subarray(from, from + BLOCK_BYTES);
    const other = found.subarray(from, from + BLOCK_BYTES);
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
