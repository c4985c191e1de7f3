// Reads all of one shelf file past the page cache and says which parts are not what they were.
// Changes nothing. What cannot be read counts as wrong: for parity it is the same.
import { type CopyId, equalBytes, errnoOf, KuraError } from '@kura/base';
import { treeHead } from '@kura/log/hash.ts';
import type { ShelfArithmetic } from '../shelf/arithmetic.ts';
import type { ShelfContext } from '../shelf/context.ts';
import { tryTo } from '../shelf/durable-write.ts';
import {
  GROUP_LEAVES,
  GROUP_PARITY_LEAVES,
  groupLeafCount,
  HASH_BYTES,
  leafPosition,
  parityPosition,
  type ShelfGeometry,
} from '../shelf/layout.ts';
import { type CopyBytes, type OpenedCopy, openCopy } from '../shelf/open-copy.ts';
import { readOneTable } from '../shelf/stat.ts';
import type { LeafTable } from '../shelf/table.ts';

/** A read error may pass; one that does not is damage. */
const MAX_READS = 2;

/** Numbers of the parts of one group that are wrong: leaves 0–63, parity leaves 0–3. */
export interface GroupFault {
  readonly leaves: readonly number[];
  readonly parity: readonly number[];
}

/** What the medium said of parts of a group that it did not give: leaves, then parity leaves. */
export type ReadErrors = ReadonlyMap<number, string>;

export interface Inspection {
  readonly geometry: ShelfGeometry;
  readonly table: LeafTable;
  /** One per group. */
  readonly groups: readonly GroupFault[];
  readonly badTables: number;
}

/** `undefined`: the file cannot be judged, since its length or both tables are wrong. */
export function inspect(
  context: ShelfContext,
  copyId: CopyId,
  path?: string,
): Inspection | undefined {
  let copy: OpenedCopy;
  try {
    copy = openCopy(
      context,
      copyId,
      path === undefined ? { direct: true } : { direct: true, path },
    );
  } catch (error) {
    if (error instanceof KuraError && error.code === 'corrupt') return undefined;
    throw error;
  }
  try {
    return inspectOpened(context, copyId, copy);
  } finally {
    tryTo(() => copy.file.close());
  }
}

/** `undefined`: neither table can be believed. */
export function inspectOpened(
  arithmetic: ShelfArithmetic,
  copyId: CopyId,
  copy: CopyBytes,
): Inspection | undefined {
  const { table, badTables } = readTables(arithmetic, copyId, copy);
  if (table === undefined) return undefined;
  const groups: GroupFault[] = [];
  const buffer = arithmetic.groupBuffer();
  for (let group = 0; group < copy.geometry.groupCount; group++) {
    readGroup(copy, group, buffer);
    groups.push(checkGroup(arithmetic, { geometry: copy.geometry, table, group, buffer }));
  }
  return { geometry: copy.geometry, table, groups, badTables };
}

export function isIntact(inspection: Inspection | undefined): boolean {
  if (inspection === undefined || inspection.badTables > 0) return false;
  return inspection.groups.every(({ leaves, parity }) => leaves.length + parity.length === 0);
}

/** Leaf numbers in the copy, ascending. */
export function badLeavesOf({ groups }: Inspection): number[] {
  return groups.flatMap(({ leaves }, group) => leaves.map((leaf) => group * GROUP_LEAVES + leaf));
}

function readTables(
  arithmetic: ShelfArithmetic,
  copyId: CopyId,
  copy: CopyBytes,
): { readonly table: LeafTable | undefined; readonly badTables: number } {
  let table: LeafTable | undefined;
  let badTables = 0;
  const bytes = arithmetic.groupBuffer().subarray(0, copy.geometry.tableBytes);
  for (const which of [0, 1] as const) {
    const read = tryTable(arithmetic, { copyId, copy, which, bytes });
    if (read === undefined || (table !== undefined && !isSame(read, table))) badTables++;
    else table ??= read;
  }
  return { table, badTables };
}

/**
 * Undefined unless it is whole and its hashes lead to its root. What cannot be read is asked
 * twice.
 */
function tryTable(
  arithmetic: ShelfArithmetic,
  reading: Parameters<typeof readOneTable>[1],
): LeafTable | undefined {
  for (let tries = 0; tries < MAX_READS; tries++) {
    try {
      const table = readOneTable(arithmetic, reading);
      return equalBytes(treeHead(table.leafHashes), table.root) ? table : undefined;
    } catch (error) {
      if (error instanceof KuraError) return undefined;
    }
  }
  return undefined;
}

function isSame(a: LeafTable, b: LeafTable): boolean {
  return (
    a.memberId === b.memberId &&
    equalBytes(a.leafHashes, b.leafHashes) &&
    equalBytes(a.parityHashes, b.parityHashes)
  );
}

/** Leaves and parity of a group, one after the other; what is unreadable is zeros, and named in the answer. */
export function readGroup(copy: CopyBytes, group: number, buffer: Uint8Array): ReadErrors {
  const { leafBytes } = copy.geometry;
  const count = groupLeafCount(copy.geometry, group);
  const leaves = buffer.subarray(0, count * leafBytes);
  const parity = buffer.subarray(leaves.length, leaves.length + GROUP_PARITY_LEAVES * leafBytes);
  const errors = new Map<number, string>();
  readLeaves(copy, {
    into: leaves,
    position: leafPosition(leafBytes, group * GROUP_LEAVES),
    onError: (leaf, errno) => errors.set(leaf, errno),
  });
  readLeaves(copy, {
    into: parity,
    position: parityPosition(copy.geometry, group),
    onError: (index, errno) => errors.set(count + index, errno),
  });
  return errors;
}

interface LeafRun {
  readonly into: Uint8Array;
  readonly position: number;
  /** Of the n-th leaf of the run. */
  readonly onError: (index: number, errno: string) => void;
}

/** At once; if that fails, leaf by leaf, so that a bad sector costs one leaf. */
function readLeaves({ file, geometry }: CopyBytes, { into, position, onError }: LeafRun): void {
  if (tryTo(() => into.fill(0, file.read(into, position)))) return;
  const { leafBytes } = geometry;
  for (let at = 0; at < into.length; at += leafBytes) {
    const leaf = into.subarray(at, at + leafBytes);
    try {
      leaf.fill(0, file.read(leaf, position + at));
    } catch (error) {
      leaf.fill(0);
      onError(at / leafBytes, errnoOf(error) ?? 'EIO');
    }
  }
}

export interface GroupCheck {
  readonly geometry: ShelfGeometry;
  readonly table: LeafTable;
  readonly group: number;
  /** As `readGroup` leaves it. */
  readonly buffer: Uint8Array;
}

export function checkGroup(arithmetic: ShelfArithmetic, check: GroupCheck): GroupFault {
  const { geometry, table, group, buffer } = check;
  const { leafBytes } = geometry;
  const count = groupLeafCount(geometry, group);
  const parts = count + GROUP_PARITY_LEAVES;
  const found = new Uint8Array(parts * HASH_BYTES);
  arithmetic.bulk.sha256Each(buffer.subarray(0, parts * leafBytes), leafBytes, found);
  const differs = (part: number, hashes: Uint8Array, index: number): boolean =>
    !equalBytes(
      found.subarray(part * HASH_BYTES, (part + 1) * HASH_BYTES),
      hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
    );
  const leaves: number[] = [];
  const parity: number[] = [];
  for (let leaf = 0; leaf < count; leaf++) {
    if (differs(leaf, table.leafHashes, group * GROUP_LEAVES + leaf)) leaves.push(leaf);
  }
  for (let index = 0; index < GROUP_PARITY_LEAVES; index++) {
    const number = group * GROUP_PARITY_LEAVES + index;
    if (differs(count + index, table.parityHashes, number)) parity.push(index);
  }
  return { leaves, parity };
}
