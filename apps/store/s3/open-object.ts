// Looks at one copy in a bucket: its length, and a leaf table that holds. One request, since the second table stands at
// the end of the object and a suffix of it names the whole length.
import { type CopyId, type DiskFile, KuraError } from '@kura/base';
import { geometryOf, geometryOfFile, type ShelfGeometry } from '../shelf/layout.ts';
import { readOneTable } from '../shelf/stat.ts';
import type { LeafTable } from '../shelf/table.ts';
import { copyObject } from './bucket-names.ts';
import type { BucketContext } from './context.ts';

export interface ObjectTable {
  readonly geometry: ShelfGeometry;
  readonly table: LeafTable;
}

/** Bytes of an object that lie in memory, from `at` on: what judges a file on a disk judges them as well. */
export function partOfFile(bytes: Uint8Array, at = 0): Pick<DiskFile, 'read'> {
  return {
    read: (into, position) => {
      const from = position - at;
      if (from < 0) return 0;
      const part = bytes.subarray(from, from + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** Throws `missing`, `corrupt` or `unreachable`. */
export async function readObjectTable(
  context: BucketContext,
  copyId: CopyId,
): Promise<ObjectTable> {
  const { shape, bucket } = context;
  const key = copyObject(copyId);
  const last = geometryOf(shape.leafBytes, shape.packLeaves[2]).tableBytes;
  const tail = await bucket.get(key, { range: { last }, maxBytes: last });
  if (tail === undefined) return context.missing(copyId);
  const geometry = geometryOfFile(shape, tail.sizeBytes);
  if (geometry === undefined) {
    throw new KuraError('corrupt', `copy ${copyId} has a length that no copy has`, {
      guidance: 'Check the store; a damaged copy is replaced from another one.',
    });
  }
  const { tableBytes, tablePositions } = geometry;
  const bytes = new Uint8Array(tableBytes);
  const at = tail.sizeBytes - tail.bytes.length;
  try {
    const copy = { geometry, file: partOfFile(tail.bytes, at) };
    return { geometry, table: readOneTable(context, { copyId, copy, which: 1, bytes }) };
  } catch (error) {
    if (!(error instanceof KuraError && error.code === 'corrupt')) throw error;
  }
  const range = { first: tablePositions[0], count: tableBytes };
  const head = await bucket.get(key, { range, maxBytes: tableBytes });
  if (head === undefined) return context.missing(copyId);
  const copy = { geometry, file: partOfFile(head.bytes, tablePositions[0]) };
  return { geometry, table: readOneTable(context, { copyId, copy, which: 0, bytes }) };
}
