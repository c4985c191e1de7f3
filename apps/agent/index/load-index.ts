// Fills the chunk table: from the agent's index where it has a record, from the stores where it has not
// (a new home, a record that was torn). What is read from stores is added to the index.
import type { PackId, Random } from '@kura/base';
import type { PackRow } from '@kura/contract';
import type { PackReader } from '@kura/format';
import { ChunkTable } from './chunk-table.ts';
import { chunkIdsOf, type IndexAccess, type IndexRecord, IndexWriter, readIndex } from './index-file.ts';
import type { CatalogueEntry, PackCatalogue } from './pack-catalogue.ts';

export interface LoadIndexOptions {
  readonly access: IndexAccess & { readonly random: Random };
  readonly catalogue: PackCatalogue;
  /** Which packs count: strong ones for saving, all for reading. */
  readonly mayUse: (entry: CatalogueEntry) => boolean;
  /** Opens a pack to read its directory. */
  readonly openReader: (row: PackRow) => PackReader;
  readonly onRebuilt?: (done: number, total: number) => void;
  /** A pack whose directory nobody can give now; without a callback it is thrown. */
  readonly onUnreadable?: (packId: PackId, error: unknown) => void;
}

export async function loadChunkTable(options: LoadIndexOptions): Promise<ChunkTable> {
  const { access, catalogue } = options;
  const known = new Map<PackId, IndexRecord>();
  let chunkCount = 0;
  for (const record of readIndex(access)) {
    if (catalogue.byId(record.packId) === undefined || known.has(record.packId)) continue;
    known.set(record.packId, record);
    chunkCount += record.chunkIds.length / 32;
  }
  const missing = catalogue.entries().filter((entry) => !known.has(entry.row.packId));
  for (const record of await readDirectories(missing, options)) {
    known.set(record.packId, record);
    chunkCount += record.chunkIds.length / 32;
  }
  const table = ChunkTable.sizedFor(chunkCount * 2);
  for (const entry of strongFirst(catalogue.entries())) {
    const record = known.get(entry.row.packId);
    if (record === undefined || !options.mayUse(entry)) continue;
    for (const id of chunkIdsOf(record)) table.add(id, entry.number);
  }
  return table;
}

/** Where a chunk is in several packs, the strongest is read. */
function strongFirst(entries: readonly CatalogueEntry[]): readonly CatalogueEntry[] {
  return [...entries.filter((entry) => entry.isStrong), ...entries.filter((entry) => !entry.isStrong)];
}

async function readDirectories(
  entries: readonly CatalogueEntry[],
  options: LoadIndexOptions,
): Promise<IndexRecord[]> {
  const records: IndexRecord[] = [];
  if (entries.length === 0) return records;
  const writer = new IndexWriter(options.access);
  try {
    for (const { row } of entries) {
      try {
        const record = await readDirectory(row, options.openReader(row));
        writer.append(record);
        records.push(record);
      } catch (error) {
        if (options.onUnreadable === undefined) throw error;
        options.onUnreadable(row.packId, error);
      }
      options.onRebuilt?.(records.length, entries.length);
    }
  } finally {
    writer.close();
  }
  return records;
}

async function readDirectory(row: PackRow, reader: PackReader): Promise<IndexRecord> {
  try {
    const { frames } = await reader.directory();
    const ids = frames.flatMap((frame) => frame.chunks.map((chunk) => chunk.id));
    const chunkIds = new Uint8Array(ids.length * 32);
    ids.forEach((id, index) => chunkIds.set(id, index * 32));
    const isFolderPack = frames.some((frame) => frame.kind !== 'data');
    return { packId: row.packId, leafCount: row.leafCount, isFolderPack, chunkIds };
  } finally {
    reader.close();
  }
}
