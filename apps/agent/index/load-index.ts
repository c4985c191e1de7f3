// Fills the chunk tables: from the agent's index where it has a record, from the stores where it has not
// (a new home, a record that was torn). What is read from stores is added to the index.
import { errnoOf, type PackId, type PackIds, type Random } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { isLocked, type PackReader } from '@kura/format';
import { ChunkTable } from './chunk-table.ts';
import {
  type IndexAccess,
  type IndexRecord,
  IndexWriter,
  joinChunkIds,
  readIndex,
} from './index-file.ts';
import type { CatalogueEntry, PackCatalogue } from './pack-catalogue.ts';

export interface LoadIndexOptions {
  readonly access: IndexAccess & { readonly random: Random };
  readonly catalogue: PackCatalogue;
  /** Packs of the lock that the openers have the keys of: these alone count, and are read (docs/design/locks.md). */
  readonly lock?: PackIds | undefined;
  /** Which packs count: strong ones for saving, all for reading. */
  readonly mayUse: (entry: CatalogueEntry) => boolean;
  /** Read directories, as many at once as there are openers. */
  readonly openers: readonly { open(row: PackRow): PackReader }[];
  /** Packs looked at, of those that the index does not know. */
  readonly onRebuilt?: (done: number, total: number) => void;
  /** A pack whose directory nobody can give now; without a callback it is thrown. */
  readonly onUnreadable?: (packId: PackId, error: unknown) => void;
}

export interface ChunkTables {
  /** Chunks that may be used: a backup claims in it. */
  readonly usable: ChunkTable;
  /** Chunks that can be read, also from packs below strength; the same table if there are none. */
  readonly readable: ChunkTable;
}

export async function loadChunkTables(options: LoadIndexOptions): Promise<ChunkTables> {
  const { access, catalogue, lock } = options;
  const known = new Map<PackId, IndexRecord>();
  let chunkCount = 0;
  const note = (record: IndexRecord): void => {
    const isFirst = known.get(record.packId)?.chunkIds.length ?? 0;
    if (isFirst > 0) return;
    known.set(record.packId, record);
    chunkCount += record.chunkIds.length / 32;
  };
  for (const record of readIndex(access)) {
    if (catalogue.byId(record.packId) !== undefined) note(record);
  }
  const isMissing = ({ row: { packId } }: CatalogueEntry): boolean => {
    const record = known.get(packId);
    if (lock === undefined) return record === undefined;
    return lock.has(packId) && (record === undefined || record.chunkIds.length === 0);
  };
  const missing = catalogue.entries().filter(isMissing);
  for (const record of await readDirectories(missing, options)) note(record);
  const entries = catalogue.entries().toSorted((a, b) => rankOf(a) - rankOf(b));
  const fill = (chosen: readonly CatalogueEntry[]): ChunkTable => {
    const table = ChunkTable.sizedFor(chunkCount * 2);
    for (const { row, number } of chosen) {
      const record = known.get(row.packId);
      if (record === undefined) continue;
      table.addAll(record.chunkIds, number);
    }
    return table;
  };
  const chosen = entries.filter((entry) => options.mayUse(entry));
  const usable = fill(chosen);
  return { usable, readable: chosen.length === entries.length ? usable : fill(entries) };
}

/**
 * Where a chunk is in several packs, the strongest counts; among those one that a prune has not marked: it has
 * just repacked the chunk, and the marked pack is to go.
 */
function rankOf({ isStrong, row }: CatalogueEntry): number {
  return (isStrong ? 0 : 2) + (row.state === 'marked' ? 1 : 0);
}

async function readDirectories(
  entries: readonly CatalogueEntry[],
  options: LoadIndexOptions,
): Promise<IndexRecord[]> {
  const records: IndexRecord[] = [];
  if (entries.length === 0) return records;
  const waiting = entries.values();
  let done = 0;
  const readOn = async (opener: LoadIndexOptions['openers'][number]): Promise<void> => {
    for (const { row } of waiting) {
      try {
        records.push(await readDirectory(row, opener.open(row)));
      } catch (error) {
        if (options.onUnreadable === undefined) throw error;
        options.onUnreadable(row.packId, error);
      }
      options.onRebuilt?.(++done, entries.length);
    }
  };
  await Promise.all(options.openers.map(readOn));
  keep(records, options.access);
  return records;
}

/** The index is a cache: at a home that is full or read-only the same is read again next time. */
function keep(records: readonly IndexRecord[], access: LoadIndexOptions['access']): void {
  try {
    const writer = new IndexWriter(access);
    try {
      for (const record of records) writer.append(record);
    } finally {
      writer.close();
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

async function readDirectory(row: PackRow, reader: PackReader): Promise<IndexRecord> {
  try {
    const { frames } = await reader.directory();
    const ids = frames.flatMap((frame) => frame.chunks.map((chunk) => chunk.id));
    const chunkIds = joinChunkIds(ids);
    const isFolderPack = frames.some((frame) => frame.kind !== 'data');
    return { packId: row.packId, leafCount: row.leafCount, isFolderPack, chunkIds };
  } catch (error) {
    if (!isLocked(error)) throw error;
    // No pack is without chunks: a record without any says that it is locked.
    const none = { isFolderPack: false, chunkIds: new Uint8Array(0) };
    return { packId: row.packId, leafCount: row.leafCount, ...none };
  } finally {
    reader.close();
  }
}
