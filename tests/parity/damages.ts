// Damages of a shelf file: all bursts, all losses of two columns, and as many random ones as one asks for, in the
// ways in which media and their makers fail.
import {
  GROUP_LEAVES,
  groupLeafCount,
  leafPosition,
  parityPosition,
  ROWS,
} from '@kura/store/shelf/layout.ts';
import type { SeededRandom } from '@kura/testing';
import type { ShelfFile } from './shelf-file.ts';

export const BLOCK_BYTES = 4096;
const COLUMNS_OF_A_BURST = 2;

/** Damages `file.lies`. */
export type Damage = (file: ShelfFile, random: SeededRandom) => void;

/** Every byte of the range is another one. */
function lose({ lies }: ShelfFile, from: number, bytes: number): void {
  const end = Math.min(lies.length, from + bytes);
  for (let at = from; at < end; at++) lies[at] = ~(lies[at] ?? 0);
}

/** Where column `column` of a group lies; P and Q follow the data. */
function columnPositions({ geometry }: ShelfFile, group: number, column: number): number[] {
  const columns = groupLeafCount(geometry, group) / ROWS;
  return Array.from({ length: ROWS }, (_, row) =>
    column < columns
      ? leafPosition(geometry.leafBytes, group * GROUP_LEAVES + column * ROWS + row)
      : parityPosition(geometry, group) + ((column - columns) * ROWS + row) * geometry.leafBytes,
  );
}

/** Every two columns of the first and of the last group: those between are as the first. */
export function* columnPairs(file: ShelfFile): Generator<Damage> {
  const { geometry } = file;
  for (const group of new Set([0, geometry.groupCount - 1])) {
    const columns = groupLeafCount(geometry, group) / ROWS + 2;
    for (let first = 0; first < columns; first++) {
      for (let second = first + 1; second < columns; second++) {
        yield (it) => {
          for (const column of [first, second]) {
            for (const position of columnPositions(it, group, column)) {
              lose(it, position, geometry.leafBytes);
            }
          }
        };
      }
    }
  }
}

export interface Burst {
  readonly damage: Damage;
  /** It begins where a leaf, a parity leaf or a table begins: the format promises that it heals. */
  readonly isPromised: boolean;
}

/** Every burst of whole blocks, from one block to two columns, wherever it begins. */
export function* bursts({ geometry }: ShelfFile): Generator<Burst> {
  const { leafBytes, leafCount, groupCount, tablePositions, fileBytes } = geometry;
  const begins = new Set<number>(tablePositions);
  for (let leaf = 0; leaf < leafCount; leaf++) begins.add(leafPosition(leafBytes, leaf));
  for (let group = 0; group < groupCount; group++) {
    for (let index = 0; index < COLUMNS_OF_A_BURST * ROWS; index++) {
      begins.add(parityPosition(geometry, group) + index * leafBytes);
    }
  }
  const longest = COLUMNS_OF_A_BURST * ROWS * leafBytes;
  for (let from = 0; from < fileBytes; from += BLOCK_BYTES) {
    for (let bytes = BLOCK_BYTES; bytes <= longest; bytes += BLOCK_BYTES) {
      yield { damage: (it) => lose(it, from, bytes), isPromised: begins.has(from) };
    }
  }
}

/** Bits that flip, far apart. */
const flips: Damage = ({ lies }, random) => {
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(lies.length);
    lies[at] = (lies[at] ?? 0) ^ (1 << random.below(8));
  }
};

/** Blocks that read as zeros, or as what was there before. */
const blocks: Damage = ({ lies, geometry }, random) => {
  for (let count = 1 + random.below(4); count > 0; count--) {
    const from = random.below(geometry.fileBytes / BLOCK_BYTES) * BLOCK_BYTES;
    const part = lies.subarray(from, from + BLOCK_BYTES);
    if (random.below(2) === 0) part.fill(0);
    else part.set(random.bytes(part.length));
  }
};

/** A write that went elsewhere: one leaf lies in the place of another. */
const misdirected: Damage = ({ lies, geometry }, random) => {
  const { leafBytes, leafCount } = geometry;
  const leaf = (): number => leafPosition(leafBytes, random.below(leafCount));
  for (let count = 1 + random.below(3); count > 0; count--) {
    const from = leaf();
    lies.copyWithin(leaf(), from, from + leafBytes);
  }
};

/** A range of any length and any beginning. */
const range: Damage = (file, random) => {
  const longest = 6 * file.geometry.leafBytes;
  lose(file, random.below(file.lies.length), 1 + random.below(longest));
};

/** Both tables, one, or one with something else. */
const tables: Damage = ({ lies, geometry }, random) => {
  for (const position of geometry.tablePositions) {
    if (random.below(2) === 0) continue;
    const at = position + random.below(geometry.tableBytes);
    lies[at] = (lies[at] ?? 0) ^ (1 + random.below(255));
  }
};

const KINDS = [flips, blocks, misdirected, range, tables] as const;

/** One to three of them, one over the other. */
export const randomDamage: Damage = (file, random) => {
  for (let count = 1 + random.below(3); count > 0; count--) {
    KINDS[random.below(KINDS.length)]?.(file, random);
  }
};
