// Rebuilds what parity can bring back, without any key: up to two lost columns of every row. Pure arithmetic on the
// bytes of one copy; where the rebuilt ones go is the caller's.
import type { ShelfArithmetic } from '../shelf/arithmetic.ts';
import type { Medium } from '../shelf/assembly.ts';
import {
  GROUP_LEAVES,
  GROUP_PARITY_LEAVES,
  groupLeafCount,
  leafPosition,
  parityPosition,
  ROWS,
  type ShelfGeometry,
} from '../shelf/layout.ts';
import type { CopyBytes } from '../shelf/open-copy.ts';
import { encodeTable, type LeafTable } from '../shelf/table.ts';
import { checkGroup, type GroupCheck, type GroupFault, readGroup } from './inspect.ts';

/** P and Q: a third lost leaf of a row is beyond them. */
const MAX_LOST_PER_ROW = 2;

export interface Rebuilding {
  readonly copy: CopyBytes;
  readonly table: LeafTable;
  /** Where the whole copy is written; asked for once the first group is sound. */
  readonly medium: () => Pick<Medium, 'write'>;
}

/**
 * All groups and both tables, every leaf and parity leaf compared with its hash. False if one group is beyond its
 * parity: then what was written so far is worthless.
 */
export function rebuildCopy(arithmetic: ShelfArithmetic, rebuilding: Rebuilding): boolean {
  const { copy, table, medium } = rebuilding;
  const { geometry } = copy;
  for (let group = 0; group < geometry.groupCount; group++) {
    const bytes = rebuildGroup(arithmetic, { copy, table, group });
    if (bytes === undefined) return false;
    const { leafBytes } = geometry;
    const leavesBytes = groupLeafCount(geometry, group) * leafBytes;
    const into = medium();
    into.write(bytes.subarray(0, leavesBytes), leafPosition(leafBytes, group * GROUP_LEAVES));
    into.write(bytes.subarray(leavesBytes), parityPosition(geometry, group));
  }
  const bytes = arithmetic.groupBuffer().subarray(0, geometry.tableBytes);
  encodeTable(table, geometry, { bulk: arithmetic.bulk, into: bytes });
  for (const position of geometry.tablePositions) medium().write(bytes, position);
  return true;
}

interface GroupRebuild {
  readonly copy: CopyBytes;
  readonly table: LeafTable;
  readonly group: number;
}

/**
 * Leaves and parity of the group, every one of which matches its hash; undefined if that cannot
 * be.
 */
function rebuildGroup(arithmetic: ShelfArithmetic, rebuild: GroupRebuild): Uint8Array | undefined {
  const { copy, table, group } = rebuild;
  const { geometry } = copy;
  const buffer = arithmetic.groupBuffer();
  readGroup(copy, group, buffer);
  const check = { geometry, table, group, buffer };
  if (!rebuildParts(arithmetic, check, checkGroup(arithmetic, check))) return undefined;
  const parts = groupLeafCount(geometry, group) + GROUP_PARITY_LEAVES;
  return buffer.subarray(0, parts * geometry.leafBytes);
}

/** Rebuilds the parts that are wrong where they lie. False if it is beyond parity: then the buffer is worthless. */
export function rebuildParts(
  arithmetic: ShelfArithmetic,
  check: GroupCheck,
  { leaves, parity }: GroupFault,
): boolean {
  const { geometry, group, buffer } = check;
  const count = groupLeafCount(geometry, group);
  const lost = new Set([...leaves, ...parity.map((index) => count + index)]);
  if (lost.size === 0) return true;
  for (let row = 0; row < ROWS; row++) {
    if (!rebuildRow(arithmetic, { geometry, count, row, lost, buffer })) return false;
  }
  const after = checkGroup(arithmetic, check);
  return after.leaves.length + after.parity.length === 0;
}

interface RowRebuild {
  readonly geometry: ShelfGeometry;
  /** Leaves of the group. */
  readonly count: number;
  readonly row: number;
  /** Parts of the group that are wrong: leaves, then parity leaves. */
  readonly lost: ReadonlySet<number>;
  readonly buffer: Uint8Array;
}

function rebuildRow(arithmetic: ShelfArithmetic, rebuild: RowRebuild): boolean {
  const { geometry, count, row, lost, buffer } = rebuild;
  const columns = Math.ceil((count - row) / ROWS);
  /** Part of the group that is column `column` of this row; P and Q follow the data. */
  const partOf = (column: number): number =>
    column < columns ? column * ROWS + row : count + (column - columns) * ROWS + row;
  const leaf = (column: number): Uint8Array => {
    const from = partOf(column) * geometry.leafBytes;
    return buffer.subarray(from, from + geometry.leafBytes);
  };
  const lostColumns: number[] = [];
  for (let column = 0; column < columns + 2; column++) {
    if (lost.has(partOf(column))) lostColumns.push(column);
  }
  if (lostColumns.length === 0) return true;
  if (lostColumns.length > MAX_LOST_PER_ROW) return false;
  const rebuilt = arithmetic.parity().solve({ columns, lost: lostColumns, leaf });
  for (const [index, column] of lostColumns.entries()) {
    const bytes = rebuilt[index];
    if (bytes !== undefined) leaf(column).set(bytes);
  }
  return true;
}
