// Where things lie on a shelf: names of folders and files, and the geometry of a shelf file,
// which follows from the number of leaves alone (docs/design/format.md, section Shelf file). Pure
// arithmetic; nothing here touches a disk.
import { assert, type CopyId, KIB, type NetworkShape } from '@kura/base';

/** Two rows of 32 columns: more columns would cost less parity and heal a smaller part. */
export const ROWS = 2;
export const GROUP_LEAVES = 64;
/** P row 0, P row 1, Q row 0, Q row 1. */
export const GROUP_PARITY_LEAVES = 2 * ROWS;
export const HASH_BYTES = 32;
/** Direct I/O works in these units, and tables begin on them. */
export const PAGE_BYTES = 4 * KIB;
export const TABLE_HEAD_BYTES = 8 + 2 + 2 + 4 + 4 + 4 + 32 + 16 + 32;

export interface ShelfGeometry {
  readonly leafBytes: number;
  readonly leafCount: number;
  readonly groupCount: number;
  readonly parityLeafCount: number;
  /** One table, padded to pages. */
  readonly tableBytes: number;
  /** Before and behind the parity of the last group: no burst that parity heals hits both. */
  readonly tablePositions: readonly [number, number];
  readonly fileBytes: number;
}

export function geometryOf(leafBytes: number, leafCount: number): ShelfGeometry {
  assert(leafBytes % PAGE_BYTES === 0, 'leaves are whole pages');
  assert(leafCount > 0, 'a copy has leaves');
  const groupCount = Math.ceil(leafCount / GROUP_LEAVES);
  const parityLeafCount = groupCount * GROUP_PARITY_LEAVES;
  const hashes = leafCount + parityLeafCount + 1;
  const tableBytes = Math.ceil((TABLE_HEAD_BYTES + hashes * HASH_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  const allLeavesBytes = (leafCount + parityLeafCount) * leafBytes;
  const first = allLeavesBytes - GROUP_PARITY_LEAVES * leafBytes;
  const second = allLeavesBytes + tableBytes;
  return {
    leafBytes,
    leafCount,
    groupCount,
    parityLeafCount,
    tableBytes,
    tablePositions: [first, second],
    fileBytes: second + tableBytes,
  };
}

/** The one geometry of this shape that has this length; undefined if the file has none of them. */
export function geometryOfFile(shape: NetworkShape, fileBytes: number): ShelfGeometry | undefined {
  for (const leafCount of shape.packLeaves) {
    const geometry = geometryOf(shape.leafBytes, leafCount);
    if (geometry.fileBytes === fileBytes) return geometry;
  }
  return undefined;
}

/** Parity of the groups before it lies before a leaf. */
export function leafPosition(leafBytes: number, leaf: number): number {
  const group = Math.floor(leaf / GROUP_LEAVES);
  return (leaf + group * GROUP_PARITY_LEAVES) * leafBytes;
}

export interface LeafRun {
  readonly position: number;
  /** Whole leaves of one group. */
  readonly part: Uint8Array;
}

/** Where the leaves of `into` lie in the file, from `firstLeaf` on: parity of the groups between is left out. */
export function* leafRuns(
  leafBytes: number,
  firstLeaf: number,
  into: Uint8Array,
): Generator<LeafRun> {
  const end = firstLeaf + into.length / leafBytes;
  for (let leaf = firstLeaf; leaf < end; ) {
    const groupEnd = (Math.floor(leaf / GROUP_LEAVES) + 1) * GROUP_LEAVES;
    const runEnd = Math.min(end, groupEnd);
    const from = (leaf - firstLeaf) * leafBytes;
    const part = into.subarray(from, from + (runEnd - leaf) * leafBytes);
    yield { position: leafPosition(leafBytes, leaf), part };
    leaf = runEnd;
  }
}

/** Leaves of a group; the last one may be shorter. */
export function groupLeafCount(geometry: ShelfGeometry, group: number): number {
  return Math.min(GROUP_LEAVES, geometry.leafCount - group * GROUP_LEAVES);
}

/**
 * Where the four parity leaves of a group begin: behind its leaves, and in the last one the
 * table.
 */
export function parityPosition(geometry: ShelfGeometry, group: number): number {
  const { leafBytes, groupCount, tableBytes, tablePositions } = geometry;
  if (group === groupCount - 1) return tablePositions[0] + tableBytes;
  return leafPosition(leafBytes, (group + 1) * GROUP_LEAVES) - GROUP_PARITY_LEAVES * leafBytes;
}

export const RECORD_NAME = 'kura-store.json';
export const KEY_NAME = 'identity.key';
/** Given by the coordinator that it obeys; see `daemon/take-over.ts`. */
export const HANDOVER_NAME = 'handover';

export interface ShelfPaths {
  readonly folder: string;
  readonly record: string;
  readonly key: string;
  readonly handover: string;
  readonly copies: string;
  readonly incoming: string;
  readonly quarantine: string;
  /** What was found wrong with copies, one small file each. */
  readonly findings: string;
  /** By what number the coordinator knows this inventory again. */
  readonly mark: string;
}

export function shelfPaths(folder: string): ShelfPaths {
  return {
    folder,
    record: `${folder}/${RECORD_NAME}`,
    key: `${folder}/${KEY_NAME}`,
    handover: `${folder}/${HANDOVER_NAME}`,
    copies: `${folder}/copies`,
    incoming: `${folder}/incoming`,
    quarantine: `${folder}/quarantine`,
    findings: `${folder}/findings`,
    mark: `${folder}/mark`,
  };
}

/** 256 folders, so that none grows beyond what file systems handle well. */
export const FAN_OUT = 256;

/** The folder's name for copies whose first byte is `byte`. */
export function fanOutName(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

export function isCopyName(name: string): name is CopyId {
  return /^[0-9a-f]{64}$/.test(name);
}

export function fanOutFolder(paths: ShelfPaths, id: CopyId): string {
  return `${paths.copies}/${id.slice(0, 2)}`;
}

/** Ids become names of files here: nothing but hexadecimal digits may. */
export function copyPath(paths: ShelfPaths, id: CopyId): string {
  assert(isCopyName(id), 'a copy id is 64 hexadecimal digits');
  return `${paths.copies}/${id.slice(0, 2)}/${id}`;
}
