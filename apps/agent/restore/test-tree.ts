// A snapshot in memory, for tests: entries are made from a few words, pages and contents lie in maps. It
// hands out whatever it was given, also what no decoder would let through.
import { type ByteString, byteString, type ChunkId, KuraError, toHex } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format/types.ts';
import type { ContentSource, TreeSource } from './ports.ts';

/** 2024-05-06T07:08:09.123456789Z. */
export const SOME_TIME_NS = 1_714_979_289_123_456_789n;

export type EntryPart = Partial<TreeEntry>;

export class TestTree implements TreeSource, ContentSource {
  readonly #pages = new Map<string, readonly TreeEntry[]>();
  readonly #chunks = new Map<string, Uint8Array>();
  readonly #lists = new Map<string, readonly ContentEntry[]>();
  readonly #later = new Map<TreeEntry, readonly TreeEntry[]>();
  readonly #chunkBytes: number;
  #count = 0;
  /** How often content was read. */
  reads = 0;

  constructor(chunkBytes = 1 << 20) {
    this.#chunkBytes = chunkBytes;
  }

  // ── Making ──────────────────────────────────────────────────────────────────────────────────────

  entry(type: TreeEntry['type'], name: string, part: EntryPart = {}): TreeEntry {
    this.#count++;
    return {
      type,
      name: byteString(name),
      mode: type === 'folder' ? 0o755 : 0o644,
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      mtimeNs: SOME_TIME_NS + BigInt(this.#count),
      ctimeNs: SOME_TIME_NS,
      inode: BigInt(this.#count),
      device: 1n,
      links: 1,
      sizeBytes: 0,
      target: '' as ByteString,
      deviceNumber: 0n,
      holes: [],
      attributes: [],
      isIncomplete: false,
      content: [],
      isList: false,
      ...part,
    };
  }

  folder(name: string, children: readonly TreeEntry[], part: EntryPart = {}): TreeEntry {
    return this.rawFolder(name, sorted(children), part);
  }

  /** Its entries stay in the order given. */
  rawFolder(name: string, children: readonly TreeEntry[], part: EntryPart = {}): TreeEntry {
    const page = this.#newId();
    this.#pages.set(toHex(page), children);
    return this.entry('folder', name, { content: [{ id: page, length: 1 }], ...part });
  }

  /** `data` is what lies in the data regions, if the part has holes. */
  file(name: string, data: string | Uint8Array, part: EntryPart = {}): TreeEntry {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    const holeBytes = (part.holes ?? []).reduce((total, { length }) => total + length, 0);
    const sizeBytes = bytes.length + holeBytes;
    return this.entry('file', name, { content: this.content(bytes), sizeBytes, ...part });
  }

  /** The same, with its content in lists of `perList` chunks. */
  listedFile(name: string, data: Uint8Array, perList: number): TreeEntry {
    const chunks = this.content(data);
    const content: ContentEntry[] = [];
    for (let from = 0; from < chunks.length; from += perList) {
      const id = this.#newId();
      this.#lists.set(toHex(id), chunks.slice(from, from + perList));
      content.push({ id, length: 40 * perList });
    }
    return this.entry('file', name, { content, sizeBytes: data.length, isList: true });
  }

  symlink(name: string, target: string, part: EntryPart = {}): TreeEntry {
    return this.entry('symlink', name, { target: byteString(target), mode: 0o777, ...part });
  }

  /** Another content for a folder that is made already: also one that holds the folder itself. */
  replace(folder: TreeEntry, children: readonly TreeEntry[]): void {
    const [page] = folder.content;
    if (page !== undefined) this.#pages.set(toHex(page.id), children);
  }

  /** The first reader sees what it was made with, the next ones see this. */
  replaceLater(folder: TreeEntry, children: readonly TreeEntry[]): void {
    this.#later.set(folder, children);
  }

  content(bytes: Uint8Array): ContentEntry[] {
    const content: ContentEntry[] = [];
    for (let from = 0; from < bytes.length; from += this.#chunkBytes) {
      const chunk = bytes.slice(from, from + this.#chunkBytes);
      const id = this.#newId();
      this.#chunks.set(toHex(id), chunk);
      content.push({ id, length: chunk.length });
    }
    return content;
  }

  #newId(): ChunkId {
    const id = new Uint8Array(32);
    new DataView(id.buffer).setUint32(0, ++this.#count);
    return id as ChunkId;
  }

  // ── Ports ───────────────────────────────────────────────────────────────────────────────────────

  async entries(folder: TreeEntry): Promise<readonly TreeEntry[]> {
    const [page] = folder.content;
    const later = this.#later.get(folder);
    if (later !== undefined && page !== undefined) {
      const now = this.#pages.get(toHex(page.id)) ?? [];
      this.replace(folder, later);
      return now;
    }
    return (page && this.#pages.get(toHex(page.id))) ?? [];
  }

  /** Always the same memory, as the port says: a reader that keeps it sees it change. */
  async read(entry: ContentEntry): Promise<Uint8Array> {
    this.reads++;
    const chunk = this.#chunks.get(toHex(entry.id));
    if (chunk === undefined) throw new KuraError('missing', 'a chunk of the test is missing');
    if (this.#buffer.length < chunk.length) this.#buffer = new Uint8Array(chunk.length);
    this.#buffer.set(chunk);
    return this.#buffer.subarray(0, chunk.length);
  }

  #buffer = new Uint8Array(0);

  /** The same content through memory of its own, as another thread would read it. */
  reader(): ContentSource {
    const own = new TestTree(this.#chunkBytes);
    for (const [id, chunk] of this.#chunks) own.#chunks.set(id, chunk);
    return own;
  }

  locate(entry: ContentEntry): number {
    return -new DataView(entry.id.buffer, entry.id.byteOffset).getUint32(0);
  }

  async expandList(entries: readonly ContentEntry[]): Promise<readonly ContentEntry[]> {
    return entries.flatMap(({ id }) => this.#lists.get(toHex(id)) ?? []);
  }
}

function sorted(entries: readonly TreeEntry[]): TreeEntry[] {
  return [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
}
