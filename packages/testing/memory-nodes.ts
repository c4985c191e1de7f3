// Files and folders of a memory disk: what readers see now, and what would be there after a crash.
import type { Random } from '@kura/base';

const PAGE_BYTES = 4096;
const SECTOR_BYTES = 512;

/** How many pages met each fate. */
export interface PageFates {
  lost: number;
  torn: number;
  kept: number;
}

const PAGE_FATES = ['lost', 'kept', 'torn'] as const;

interface FileCrash {
  readonly fate: 'lost' | 'mixed';
  /** Counted here. */
  readonly fates: PageFates;
}

export type Node = FileNode | FolderNode;

type Entries = ReadonlyMap<string, Node>;

/** Most folders of a store are empty most of the time, and a simulation has thousands of them. */
const NO_ENTRIES: Entries = new Map();

export class FolderNode {
  readonly kind = 'folder';
  readonly modifiedMs = 0;
  #entries = NO_ENTRIES;
  #durable = NO_ENTRIES;

  /** What a reader sees. */
  get entries(): Entries {
    return this.#entries;
  }

  get durable(): Entries {
    return this.#durable;
  }

  /** Puts a node under a name, or takes the name away. */
  set(name: string, node: Node | undefined): void {
    this.#entries = changed(this.#entries, name, node);
  }

  setDurable(name: string, node: Node | undefined): void {
    this.#durable = changed(this.#durable, name, node);
  }

  /** Of a folder in which nothing waits for a sync: shares no node with this one. */
  copy(): FolderNode {
    const copied = new FolderNode();
    if (this.#entries.size === 0) return copied;
    const entries = [...this.#entries].map(([name, node]) => [name, node.copy()] as const);
    copied.#entries = new Map(entries);
    copied.#durable = new Map(entries);
    return copied;
  }

  /** After a crash: what is durable is all there is. Links are counted anew. */
  settle(files: Set<FileNode>): void {
    this.#entries = this.#durable.size === 0 ? NO_ENTRIES : new Map(this.#durable);
    for (const node of this.entries.values()) {
      if (node.kind === 'folder') {
        node.settle(files);
        continue;
      }
      if (!files.has(node)) node.links = 0;
      files.add(node);
      node.links++;
    }
  }

  collect(files: Set<FileNode>): void {
    for (const node of this.entries.values()) {
      if (node.kind === 'folder') node.collect(files);
      else files.add(node);
    }
  }
}

function changed(entries: Entries, name: string, node: Node | undefined): Entries {
  const own = entries === NO_ENTRIES ? new Map<string, Node>() : (entries as Map<string, Node>);
  if (node === undefined) own.delete(name);
  else own.set(name, node);
  return own;
}

export class FileNode {
  readonly kind = 'file';
  links = 0;
  modifiedMs: number;
  #bytes = new Uint8Array(0);
  #sizeBytes = 0;
  #durableBytes = 0;
  /** Pages written since the last sync, as they are on the medium; undefined: nothing there. */
  #older = new Map<number, Uint8Array | undefined>();

  constructor(modifiedMs: number) {
    this.modifiedMs = modifiedMs;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** With one link, as synced as this one must be. */
  copy(): FileNode {
    const copied = new FileNode(this.modifiedMs);
    copied.links = 1;
    copied.#bytes = this.#bytes.slice(0, this.#sizeBytes);
    copied.#sizeBytes = this.#sizeBytes;
    copied.#durableBytes = this.#durableBytes;
    return copied;
  }

  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.#sizeBytes - position));
    into.set(this.#bytes.subarray(position, position + count));
    return count;
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    this.#reserve(end);
    this.#keepOlder(position, end);
    this.#bytes.set(bytes, position);
    this.#sizeBytes = Math.max(this.#sizeBytes, end);
  }

  truncate(sizeBytes: number): void {
    this.#reserve(sizeBytes);
    if (sizeBytes < this.#sizeBytes) {
      this.#keepOlder(sizeBytes, this.#sizeBytes);
      this.#bytes.fill(0, sizeBytes, this.#sizeBytes);
    }
    this.#sizeBytes = sizeBytes;
  }

  flip(position: number, mask: number): void {
    if (position >= this.#sizeBytes) return;
    this.#bytes[position] = (this.#bytes[position] ?? 0) ^ mask;
    const older = this.#older.get(Math.floor(position / PAGE_BYTES));
    if (older !== undefined)
      older[position % PAGE_BYTES] = (older[position % PAGE_BYTES] ?? 0) ^ mask;
  }

  /** Everything is on the medium. */
  settle(): void {
    this.#older.clear();
    this.#durableBytes = this.#sizeBytes;
  }

  /**
   * `lost`: as it was synced. `mixed`: every page lost, kept or torn at a sector; any length
   * between.
   */
  crash(random: Random, { fate, fates }: FileCrash): void {
    for (const [page, older] of this.#older) {
      const kept = fate === 'lost' ? 0 : random.below(3);
      fates[PAGE_FATES[kept] ?? 'lost']++;
      if (kept === 1) continue;
      const from = page * PAGE_BYTES;
      const cut = kept === 2 ? random.below(PAGE_BYTES / SECTOR_BYTES) * SECTOR_BYTES : 0;
      const to = Math.min(from + PAGE_BYTES, this.#bytes.length);
      if (from + cut >= to) continue;
      if (older === undefined) this.#bytes.fill(0, from + cut, to);
      else this.#bytes.set(older.subarray(cut, to - from), from + cut);
    }
    const lengths = [this.#durableBytes, this.#sizeBytes];
    const most = Math.max(...lengths);
    if (fate === 'mixed')
      lengths.push(Math.floor(random.below(most + 1) / PAGE_BYTES) * PAGE_BYTES);
    const sizeBytes = lengths[fate === 'lost' ? 0 : random.below(lengths.length)] ?? 0;
    // A length that a sync has made durable is never undercut by a write that only appended.
    this.#sizeBytes =
      this.#sizeBytes >= this.#durableBytes ? Math.max(sizeBytes, this.#durableBytes) : sizeBytes;
    this.#bytes.fill(0, this.#sizeBytes);
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(sizeBytes, 2 * this.#bytes.length, PAGE_BYTES));
    grown.set(this.#bytes.subarray(0, this.#sizeBytes));
    this.#bytes = grown;
  }

  #keepOlder(from: number, to: number): void {
    const last = Math.floor((to - 1) / PAGE_BYTES);
    for (let page = Math.floor(from / PAGE_BYTES); page <= last; page++) {
      if (this.#older.has(page)) continue;
      const at = page * PAGE_BYTES;
      const isThere = at < this.#durableBytes;
      const older = new Uint8Array(isThere ? PAGE_BYTES : 0);
      if (isThere) older.set(this.#bytes.subarray(at, at + PAGE_BYTES));
      this.#older.set(page, isThere ? older : undefined);
    }
  }
}
