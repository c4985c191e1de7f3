// Rebuilds what a shelf's own parity can bring back, without any key: up to two lost columns of
// every row. The healed file is written beside the damaged one and takes its name only when every
// leaf matches its hash and the root agrees (docs/design/ordering.md, Heal).
import { asKuraError, type CopyId, KuraError } from '@kura/base';
import type { ShelfContext } from '../shelf/context.ts';
import { DurableFile, tryTo } from '../shelf/durable-write.ts';
import {
  copyPath,
  GROUP_LEAVES,
  GROUP_PARITY_LEAVES,
  groupLeafCount,
  leafPosition,
  parityPosition,
  ROWS,
  type ShelfGeometry,
} from '../shelf/layout.ts';
import { type OpenedCopy, openCopy } from '../shelf/open-copy.ts';
import { encodeTable, type LeafTable } from '../shelf/table.ts';
import { checkGroup, type Examination, examine, isIntact, readGroup } from './examine.ts';

/** P and Q: a third lost leaf of a row is beyond them. */
const MAX_LOST_PER_ROW = 2;

/** True if the file under the name is whole again (or gone); false if parity cannot do it. */
export async function heal(
  context: ShelfContext,
  copyId: CopyId,
  { geometry, table }: Examination,
): Promise<boolean> {
  const healed = writeHealed(context, copyId, table);
  if (healed === undefined) return false;
  try {
    writeTables(context, { healed, geometry, table });
    await healed.seal();
    if (!isIntact(examine(context, copyId, healed.temporaryPath))) {
      // Not the copy's fault: it is left as it is, to be healed on a better day.
      throw new KuraError('io', `the disk did not keep the healed copy ${copyId}`, {
        guidance: 'The disk may be failing; check it before you use this store again.',
      });
    }
    const path = copyPath(context.paths, copyId);
    // A copy that was removed in the meantime stays removed.
    if (!context.exists(path)) {
      healed.discard();
      return true;
    }
    await healed.replace(path, (folder) => context.syncFolder(folder));
    return true;
  } catch (error) {
    healed.discard();
    throw asKuraError(error, `copy ${copyId} could not be healed`);
  }
}

/**
 * All groups, rebuilt and checked, in a new file; undefined if one of them is beyond its parity.
 */
function writeHealed(
  context: ShelfContext,
  copyId: CopyId,
  table: LeafTable,
): DurableFile | undefined {
  const copy = openCopy(context, copyId, { direct: true });
  let healed: DurableFile | undefined;
  try {
    for (let group = 0; group < copy.geometry.groupCount; group++) {
      const bytes = rebuildGroup(context, { copy, table, group });
      if (bytes === undefined) {
        healed?.discard();
        return undefined;
      }
      healed ??= new DurableFile(context.place, { direct: true });
      const { leafBytes } = copy.geometry;
      const leavesBytes = groupLeafCount(copy.geometry, group) * leafBytes;
      healed.write(bytes.subarray(0, leavesBytes), leafPosition(leafBytes, group * GROUP_LEAVES));
      healed.write(bytes.subarray(leavesBytes), parityPosition(copy.geometry, group));
    }
    return healed;
  } finally {
    tryTo(() => copy.file.close());
  }
}

interface GroupRebuild {
  readonly copy: OpenedCopy;
  readonly table: LeafTable;
  readonly group: number;
}

/**
 * Leaves and parity of the group, every one of which matches its hash; undefined if that cannot
 * be.
 */
function rebuildGroup(context: ShelfContext, rebuild: GroupRebuild): Uint8Array | undefined {
  const { copy, table, group } = rebuild;
  const { geometry } = copy;
  const buffer = context.groupBuffer();
  readGroup(copy, group, buffer);
  const check = { geometry, table, group, buffer };
  const { leaves, parity } = checkGroup(context, check);
  const count = groupLeafCount(geometry, group);
  const lost = new Set([...leaves, ...parity.map((index) => count + index)]);
  for (let row = 0; row < ROWS; row++) {
    if (!rebuildRow(context, { geometry, count, row, lost, buffer })) return undefined;
  }
  const after = lost.size === 0 ? undefined : checkGroup(context, check);
  if (after !== undefined && after.leaves.length + after.parity.length > 0) return undefined;
  return buffer.subarray(0, (count + GROUP_PARITY_LEAVES) * geometry.leafBytes);
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

function rebuildRow(context: ShelfContext, rebuild: RowRebuild): boolean {
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
  const rebuilt = context.parity().solve({ columns, lost: lostColumns, leaf });
  for (const [index, column] of lostColumns.entries()) {
    const bytes = rebuilt[index];
    if (bytes !== undefined) leaf(column).set(bytes);
  }
  return true;
}

interface TableWriting {
  readonly healed: DurableFile;
  readonly geometry: ShelfGeometry;
  readonly table: LeafTable;
}

function writeTables(context: ShelfContext, { healed, geometry, table }: TableWriting): void {
  const bytes = context.groupBuffer().subarray(0, geometry.tableBytes);
  encodeTable(table, geometry, { bulk: context.bulk, into: bytes });
  for (const position of geometry.tablePositions) healed.write(bytes, position);
}
