// Which chunks, and so which packs, snapshots use. Pages that several snapshots share are read once; the set of
// chunks is the compact table that a backup uses, so that memory stays small.
import { type ChunkId, KuraError, type PackId } from '@kura/base';
import type { ContentEntry, Snapshot, SnapshotLock, TreeEntry } from '@kura/format';
import { ChunkTable } from '../index/chunk-table.ts';
import type { Reading } from '../read/reading.ts';
import type { StoredSnapshot } from '../snapshots/snapshot-store.ts';

export class Usage {
  readonly #reading: Reading;
  readonly #chunks = ChunkTable.sizedFor(1 << 14);
  readonly #packs = new Set<number>();
  /** Chunks that a snapshot needs and no pack has. */
  missingChunks = 0;
  chunkCount = 0;
  plainBytes = 0;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  /** Numbers of packs with at least one chunk in use. */
  get packs(): ReadonlySet<number> {
    return this.#packs;
  }

  packIds(): readonly PackId[] {
    return [...this.#packs].map((number) => this.#reading.catalogue.byNumber(number).row.packId);
  }

  uses(id: ChunkId): boolean {
    return this.#chunks.find(id) !== undefined;
  }

  /** Everything below the root of a snapshot; its own record has to be noted by pack. */
  async addSnapshot(snapshot: Snapshot): Promise<void> {
    // A prune has to know without the lock: its packs are used as they are, whole.
    if (snapshot.lock !== undefined) return this.#addLocked(snapshot.lock);
    await this.addOpened(snapshot);
  }

  /** With the keys of its lock, whose reading this has to be: chunk by chunk. */
  async addOpened({ root }: Snapshot): Promise<void> {
    await this.#addFolder({ content: [root], isList: false });
  }

  addPack(packNumber: number): void {
    this.#packs.add(packNumber);
  }

  #addLocked({ packs }: SnapshotLock): void {
    for (const packId of packs) {
      const pack = this.#reading.catalogue.byId(packId);
      if (pack === undefined) this.missingChunks++;
      else this.#packs.add(pack.number);
    }
  }

  async #addFolder(folder: Pick<TreeEntry, 'content' | 'isList'>): Promise<void> {
    const fresh = folder.content.filter((page) => this.#note(page));
    if (fresh.length === 0) return;
    const pages = { content: fresh, isList: folder.isList };
    for (const page of await this.#reading.trees.expand(pages)) {
      if (folder.isList && !this.#note(page)) continue;
      const one = { content: [page], isList: false };
      for (const entry of await this.#reading.trees.entries(one)) await this.addEntry(entry);
    }
  }

  /** A folder with everything below it. */
  async addEntry(entry: TreeEntry): Promise<void> {
    if (entry.type === 'folder') return this.#addFolder(entry);
    if (entry.type !== 'file') return undefined;
    const isNew = entry.content.filter((piece) => this.#note(piece)).length > 0;
    if (!entry.isList || !isNew) return undefined;
    for (const piece of await this.#reading.trees.expand(entry)) this.#note(piece);
    return undefined;
  }

  /** True if the chunk was not known to be used. */
  #note(piece: ContentEntry): boolean {
    if (this.#chunks.needsSegment) this.#chunks.grow();
    if (this.#chunks.claim(piece.id) !== undefined) return false;
    this.chunkCount++;
    this.plainBytes += piece.length;
    const number = this.#reading.chunks.place(piece.id);
    if (number === undefined) this.missingChunks++;
    else this.#packs.add(number);
    return true;
  }
}

/** What all of these snapshots use. Throws if a folder cannot be read: nothing may be removed then. */
export async function usageOf(
  reading: Reading,
  snapshots: readonly StoredSnapshot[],
  afterEach: () => Promise<void> | undefined = () => undefined,
): Promise<Usage> {
  const usage = new Usage(reading);
  for (const { snapshot, row } of snapshots) {
    await usage.addSnapshot(snapshot);
    const pack = reading.catalogue.byId(row.packId);
    if (pack === undefined) {
      throw new KuraError('missing', `the pack of snapshot ${row.snapshotId} is not in the tables`);
    }
    usage.addPack(pack.number);
    await afterEach();
  }
  return usage;
}
