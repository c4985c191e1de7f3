// Whether what stands in the target is what the snapshot has, so that it can stay. It only reads; a path
// that a link diverts in the meantime can at worst make it compare the wrong file, never write one.
import { type ByteString, errnoOf } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format/types.ts';
import type { Descriptor, FileStatus } from '@kura/native';
import { matchesAttributes, restorableMode } from './attribute-rules.ts';
import { DataCursor } from './data-cursor.ts';
import type { ContentSource, RestorePosix } from './ports.ts';

export interface ComparerOptions {
  readonly posix: RestorePosix;
  readonly content: ContentSource;
  readonly owners: boolean;
  readonly verify: boolean;
}

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;
const READ_BYTES = 1 << 20;

export class Comparer {
  readonly #options: ComparerOptions;
  #buffer = new Uint8Array(0);

  constructor(options: ComparerOptions) {
    this.#options = options;
  }

  async isUnchanged(entry: TreeEntry, standing: FileStatus, path: ByteString): Promise<boolean> {
    if (!this.#hasSameStatus(entry, standing)) return false;
    try {
      if (!this.#hasSameDetails(entry, path)) return false;
      if (entry.type !== 'file' || !this.#options.verify) return true;
      return await this.#hasSameContent(entry, standing, path);
    } catch (error) {
      // Too long a path, or gone by now: restore it. What the network fails with passes through.
      if (errnoOf(error) === undefined) throw error;
      return false;
    }
  }

  /** Attributes of a folder, without its time if `open` says what is in it will change anyway. */
  isSameFolder(entry: TreeEntry, folder: Descriptor): boolean {
    const standing = this.#options.posix.statusOf(folder);
    if (!this.#hasSameOwnerAndMode(entry, standing)) return false;
    if (!this.#isSameTime(entry.mtimeNs, standing.mtimeNs)) return false;
    return this.#hasSameAttributes(entry, this.#options.posix.attributesOf(folder));
  }

  #hasSameStatus(entry: TreeEntry, standing: FileStatus): boolean {
    if (entry.type !== standing.type) return false;
    if (entry.type === 'file' && entry.sizeBytes !== standing.sizeBytes) return false;
    const isDevice = entry.type === 'character' || entry.type === 'block';
    if (isDevice && entry.deviceNumber !== standing.deviceNumber) return false;
    if (!this.#isSameTime(entry.mtimeNs, standing.mtimeNs)) return false;
    return this.#hasSameOwnerAndMode(entry, standing);
  }

  #hasSameOwnerAndMode(entry: TreeEntry, standing: FileStatus): boolean {
    const { owners } = this.#options;
    if (owners && (entry.uid !== standing.uid || entry.gid !== standing.gid)) return false;
    return entry.type === 'symlink' || restorableMode(entry, owners) === standing.mode;
  }

  /** File systems may keep whole seconds only, the twin of Posix about microseconds. */
  #isSameTime(wanted: bigint, standing: bigint): boolean {
    if (wanted === standing) return true;
    if (this.#options.posix.incapabilities.has('nanoseconds')) {
      const apart = wanted > standing ? wanted - standing : standing - wanted;
      return apart < NS_PER_MS;
    }
    return standing % NS_PER_S === 0n && wanted / NS_PER_S === standing / NS_PER_S;
  }

  #hasSameAttributes(entry: TreeEntry, standing: ReturnType<RestorePosix['attributes']>): boolean {
    if (this.#options.posix.incapabilities.has('attributes')) return true;
    return matchesAttributes(standing, entry.attributes);
  }

  #hasSameDetails(entry: TreeEntry, path: ByteString): boolean {
    const { posix } = this.#options;
    if (entry.type === 'symlink' && posix.readLink(path) !== entry.target) return false;
    if (posix.incapabilities.has('attributes')) return true;
    return this.#hasSameAttributes(entry, posix.attributes(path));
  }

  async #hasSameContent(
    entry: TreeEntry,
    standing: FileStatus,
    path: ByteString,
  ): Promise<boolean> {
    const { posix, content } = this.#options;
    const file = posix.openRead(path);
    try {
      const opened = posix.statusOf(file);
      if (opened.inode !== standing.inode || opened.device !== standing.device) return false;
      if (!this.#hasHoles(entry, file)) return false;
      const cursor = new DataCursor(entry.holes);
      for (const piece of entry.content) {
        const chunks = entry.isList ? await content.expandList([piece]) : [piece];
        if (!(await this.#hasSameChunks(chunks, cursor, file))) return false;
      }
      return cursor.position === entry.sizeBytes;
    } finally {
      posix.close(file);
    }
  }

  async #hasSameChunks(
    chunks: readonly ContentEntry[],
    cursor: DataCursor,
    file: Descriptor,
  ): Promise<boolean> {
    for (const chunk of chunks) {
      const bytes = await this.#options.content.read(chunk);
      for (let done = 0; done < bytes.length; ) {
        const length = cursor.run(bytes.length - done);
        const standing = this.#read(file, cursor.position, length);
        if (Buffer.compare(standing, bytes.subarray(done, done + length)) !== 0) return false;
        cursor.advance(length);
        done += length;
      }
    }
    return true;
  }

  /** Where the snapshot has holes there may be data now, but only zeros. */
  #hasHoles(entry: TreeEntry, file: Descriptor): boolean {
    if (entry.holes.length === 0) return true;
    const regions = this.#options.posix.dataRegions(file, entry.sizeBytes);
    let index = 0;
    for (const hole of entry.holes) {
      const end = hole.offset + hole.length;
      for (; index < regions.length; index++) {
        const region = regions[index];
        if (region === undefined || region.offset >= end) break;
        const from = Math.max(hole.offset, region.offset);
        const to = Math.min(end, region.offset + region.length);
        if (!this.#isZero(file, from, to)) return false;
        if (region.offset + region.length > end) break;
      }
    }
    return true;
  }

  #isZero(file: Descriptor, from: number, to: number): boolean {
    for (let at = from; at < to; at += READ_BYTES) {
      const bytes = this.#read(file, at, Math.min(READ_BYTES, to - at));
      if (bytes.some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  #read(file: Descriptor, position: number, length: number): Uint8Array {
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(Math.max(length, READ_BYTES));
    const into = this.#buffer.subarray(0, length);
    return into.subarray(0, this.#options.posix.read(file, into, position));
  }
}
