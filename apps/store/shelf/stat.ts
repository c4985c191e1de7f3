// What a store knows about one of its copies: the leaf table, from whichever of its two copies is
// whole.
import { type CopyId, KuraError } from '@kura/base';
import type { CopyStat } from '@kura/contract';
import type { ShelfArithmetic } from './arithmetic.ts';
import { type CopyBytes, withCopy } from './open-copy.ts';
import type { OpenShelf } from './open-shelf.ts';
import { decodeTable, type LeafTable } from './table.ts';

export function statCopy(context: OpenShelf, copyId: CopyId): CopyStat {
  return withCopy(context, copyId, (copy) => {
    const { root, leafHashes } = readTable(context, copyId, copy);
    return { copyId, leafCount: copy.geometry.leafCount, root, leafHashes };
  });
}

/** The first whole table of this copy; `corrupt` if there is none. */
export function readTable(
  context: Pick<ShelfArithmetic, 'bulk'>,
  copyId: CopyId,
  copy: CopyBytes,
): LeafTable {
  let problem: unknown;
  const bytes = new Uint8Array(copy.geometry.tableBytes);
  for (const which of [0, 1] as const) {
    try {
      return readOneTable(context, { copyId, copy, which, bytes });
    } catch (error) {
      problem ??= error;
    }
  }
  throw problem;
}

export interface TableReading {
  readonly copyId: CopyId;
  readonly copy: CopyBytes;
  readonly which: 0 | 1;
  /** Room for one table. */
  readonly bytes: Uint8Array;
}

export function readOneTable(
  context: Pick<ShelfArithmetic, 'bulk'>,
  reading: TableReading,
): LeafTable {
  const { copyId, copy, which, bytes } = reading;
  const { geometry, file } = copy;
  const got = file.read(bytes, geometry.tablePositions[which]);
  if (got !== geometry.tableBytes) throw new KuraError('corrupt', `copy ${copyId} ends too early`);
  const table = decodeTable(bytes, geometry, context.bulk);
  if (table.copyId === copyId) return table;
  throw new KuraError('corrupt', `under the name of copy ${copyId} lies another copy`, {
    context: { copy: copyId, found: table.copyId },
  });
}
