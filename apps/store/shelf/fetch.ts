// Outer bytes of a copy, whole windows only: smaller ranges would show where chunks begin. The
// bytes are not verified here; whoever reads has the acknowledged root and trusts nobody.
import { type CopyId, KuraError, type NetworkShape } from '@kura/base';
import type { ShelfContext } from './context.ts';
import { leafRuns } from './layout.ts';
import { type CopyBytes, withCopy } from './open-copy.ts';

export interface LeafRange {
  readonly firstLeaf: number;
  readonly leafCount: number;
}

/** Throws `usage` unless the range is whole windows of a copy, or windows up to its end. */
export function checkWindows(shape: NetworkShape, total: number, range: LeafRange): void {
  const { firstLeaf, leafCount } = range;
  const window = shape.windowLeaves;
  const end = firstLeaf + leafCount;
  const isWhole = leafCount % window === 0 || end === total;
  const isInside = firstLeaf >= 0 && leafCount > 0 && end <= total;
  if (Number.isInteger(firstLeaf) && firstLeaf % window === 0 && isWhole && isInside) return;
  throw new KuraError('usage', `leaves ${firstLeaf} to ${end} of ${total} are not whole windows`, {
    guidance: `Ask for multiples of ${window} leaves, from a multiple of ${window}.`,
  });
}

/** Throws `usage` unless `into` has room for exactly these leaves. */
export function checkRoom(shape: NetworkShape, leafCount: number, into: Uint8Array): void {
  if (into.length === leafCount * shape.leafBytes) return;
  throw new KuraError('usage', `${into.length} bytes are no room for ${leafCount} leaves`);
}

export function fetchLeaves(
  context: ShelfContext,
  copyId: CopyId,
  { firstLeaf, leafCount, into }: LeafRange & { readonly into: Uint8Array },
): void {
  checkRoom(context.shape, leafCount, into);
  withCopy(context, copyId, (copy) => {
    checkWindows(context.shape, copy.geometry.leafCount, { firstLeaf, leafCount });
    readRun({ ...copy, copyId }, firstLeaf, into);
  });
}

/** Whole leaves from `firstLeaf` on, as many as `into` has room for, without the parity between groups. */
export function readRun(
  { file, geometry, copyId }: CopyBytes & { readonly copyId: CopyId },
  firstLeaf: number,
  into: Uint8Array,
): void {
  for (const { position, part } of leafRuns(geometry.leafBytes, firstLeaf, into)) {
    if (file.read(part, position) === part.length) continue;
    throw new KuraError('corrupt', `copy ${copyId} ends too early`);
  }
}
