// What exactly is wrong with a copy, before anything is healed: which leaves, what the medium said, which blocks and
// how many bits differ from what parity brings back, and whether parity itself was made anew over other bytes.
// Changes nothing; rebuilds in memory only.
import { equalBytes, toHex } from '@kura/base';
import { differenceOf, FINDING_BLOCK_BYTES, type Finding, type ParityState } from '@kura/contract';
import { allocatePages } from '@kura/native';
import type { ShelfArithmetic } from '../shelf/arithmetic.ts';
import { tryTo } from '../shelf/durable-write.ts';
import {
  GROUP_LEAVES,
  GROUP_PARITY_LEAVES,
  groupLeafCount,
  ROWS,
  type ShelfGeometry,
} from '../shelf/layout.ts';
import type { CopyBytes } from '../shelf/open-copy.ts';
import {
  checkGroup,
  type GroupCheck,
  type GroupFault,
  type Inspection,
  type ReadErrors,
  readGroup,
} from './inspect.ts';
import { rebuildParts } from './rebuild.ts';

export interface Damage {
  readonly leafCount: number;
  /** Of the copy's own table; undefined if neither of the two holds. */
  readonly root: Uint8Array | undefined;
  readonly parity: ParityState;
  /** In order of the leaves; none is `foreign` yet. */
  readonly findings: readonly Finding[];
  /** SHA-256 in hexadecimal of what lies at each leaf that is wrong, by its number. */
  readonly foundHashes: ReadonlyMap<number, string>;
  /** Leaves, parity leaves and tables that the medium gave errors for. */
  readonly mediumErrors: number;
  /** Parity can bring back every leaf. */
  readonly isRebuildable: boolean;
}

/** Of a copy that no table says anything of: what lies there cannot be told from what should. */
export function damageBeyondReading(leafCount: number, mediumErrors = 0): Damage {
  return {
    ...{ leafCount, root: undefined, parity: 'damaged', findings: [], mediumErrors },
    foundHashes: new Map(),
    isRebuildable: false,
  };
}

/** The same of a copy that has a length of a copy, and two tables that do not hold or cannot be read. */
export function damageWithoutTable(copy: CopyBytes): Damage {
  return damageBeyondReading(copy.geometry.leafCount, tableErrors(copy));
}

/** Tables that the medium gives errors for. */
function tableErrors({ file, geometry }: CopyBytes): number {
  const room = allocatePages(geometry.tableBytes);
  return geometry.tablePositions.filter((position) => !tryTo(() => file.read(room, position)))
    .length;
}

/** `inspection`: of this copy, not intact. Groups that were sound are not read again. */
export function describeDamage(
  arithmetic: ShelfArithmetic,
  copy: CopyBytes,
  { geometry, table, groups }: Inspection,
): Damage {
  const findings: Finding[] = [];
  const foundHashes = new Map<number, string>();
  const parities = new Set<ParityState>();
  let mediumErrors = tableErrors(copy);
  for (const [group, { leaves, parity }] of groups.entries()) {
    if (leaves.length + parity.length === 0) continue;
    const buffer = arithmetic.groupBuffer();
    const errors = readGroup(copy, group, buffer);
    const check = { geometry, table, group, buffer };
    const found = describeGroup(arithmetic, check, errors);
    parities.add(found.parity);
    mediumErrors += errors.size;
    findings.push(...found.findings);
    for (const [leaf, hash] of found.foundHashes) foundHashes.set(leaf, hash);
  }
  const order: readonly ParityState[] = ['changed', 'damaged', 'rebuilt'];
  return {
    leafCount: geometry.leafCount,
    root: table.root,
    parity: order.find((state) => parities.has(state)) ?? 'agrees',
    ...{ findings, foundHashes, mediumErrors },
    isRebuildable: !parities.has('damaged') && !parities.has('changed'),
  };
}

type GroupDamage = Pick<Damage, 'findings' | 'foundHashes' | 'parity'>;

function describeGroup(
  arithmetic: ShelfArithmetic,
  check: GroupCheck,
  errors: ReadErrors,
): GroupDamage {
  const { geometry, group, buffer } = check;
  const { leafBytes } = geometry;
  const fault = checkGroup(arithmetic, check);
  const parts = groupLeafCount(geometry, group) + GROUP_PARITY_LEAVES;
  const before = buffer.slice(0, parts * leafBytes);
  const isRebuilt = rebuildParts(arithmetic, check, fault);
  const findings: Finding[] = [];
  const foundHashes = new Map<number, string>();
  const hash = new Uint8Array(32);
  for (const leaf of fault.leaves) {
    const number = group * GROUP_LEAVES + leaf;
    const range = [leaf * leafBytes, (leaf + 1) * leafBytes] as const;
    const lies = before.subarray(...range);
    const errno = errors.get(leaf);
    if (errno !== undefined) {
      findings.push({ leaf: number, kind: 'unreadable', ...NOWHERE, errno });
      continue;
    }
    const extent = isRebuilt ? extentOf(lies, buffer.subarray(...range)) : NOWHERE;
    findings.push({ leaf: number, kind: 'wrong', ...extent });
    arithmetic.bulk.sha256(lies, hash);
    foundHashes.set(number, toHex(hash));
  }
  return {
    findings,
    foundHashes,
    parity: parityState(arithmetic, { check, fault, before, isRebuilt }),
  };
}

interface GroupJudgement {
  readonly check: GroupCheck;
  readonly fault: GroupFault;
  /** The group as it lies there. */
  readonly before: Uint8Array;
  readonly isRebuilt: boolean;
}

function parityState(
  arithmetic: ShelfArithmetic,
  { check, fault, before, isRebuilt }: GroupJudgement,
): ParityState {
  if (isRebuilt) return fault.parity.length > 0 ? 'rebuilt' : 'agrees';
  const rows = new Set(fault.leaves.map((leaf) => leaf % ROWS));
  const agreeing = rowsWithParity(arithmetic, check, before);
  return [...rows].some((row) => agreeing.has(row)) ? 'changed' : 'damaged';
}

/** Rows whose parity that lies there is that of the leaves that lie there, whatever their hashes say. */
function rowsWithParity(
  arithmetic: ShelfArithmetic,
  { geometry, group }: { readonly geometry: ShelfGeometry; readonly group: number },
  lies: Uint8Array,
): ReadonlySet<number> {
  const { leafBytes } = geometry;
  const count = groupLeafCount(geometry, group);
  const partOf = (part: number): Uint8Array =>
    lies.subarray(part * leafBytes, (part + 1) * leafBytes);
  const parity = arithmetic.parity();
  parity.reset();
  for (let leaf = 0; leaf < count; leaf++) {
    parity.accumulate(leaf % ROWS, Math.floor(leaf / ROWS), partOf(leaf));
  }
  const isSame = (index: number): boolean => equalBytes(parity.leaf(index), partOf(count + index));
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  return new Set(rows.filter((row) => isSame(row) && isSame(ROWS + row)));
}

type Extent = Pick<Finding, 'blocks' | 'firstBlock' | 'bits'>;

/** Not known. */
export const NOWHERE: Extent = { blocks: 0, firstBlock: 0, bits: 0 };

/** Where two leaves of the same length differ. */
function extentOf(lies: Uint8Array, entrusted: Uint8Array): Extent {
  const difference = differenceOf(lies, entrusted);
  if (difference === undefined) return NOWHERE;
  const { firstBit, bits, blocks } = difference;
  return { blocks, firstBlock: Math.floor(firstBit / (8 * FINDING_BLOCK_BYTES)), bits };
}
