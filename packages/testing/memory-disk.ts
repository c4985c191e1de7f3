// A disk in memory that keeps what was synced and may lose, keep or tear the rest at a crash:
// bytes by sectors, entries of folders one by one. Harsher than most file systems, so what
// survives here survives there. Not a model of speed, links or permissions.
import type { CreateOptions, Disk, DiskEntry, DiskFile, DiskStat } from '@kura/base';
import { assert, type Clock, type Random } from '@kura/base';
import { FileNode, FolderNode, type Node, type PageFates } from './memory-nodes.ts';

export interface MemoryDiskOptions {
  /** Bytes of all files together; more is ENOSPC. Default: without limit. */
  readonly capacityBytes?: number;
  /** For times of files; default: always 0. */
  readonly clock?: Clock;
}

/** An error as the system throws it. */
export function systemError(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, syscall: call, path });
}

/** A change of entries that no folder sync has made durable yet. */
interface PendingEntry {
  readonly folders: readonly FolderNode[];
  readonly apply: () => void;
}

/** What became of what was not synced when the power went: entries of folders, pages of files. */
export interface CrashReport {
  readonly names: { lost: number; kept: number };
  readonly pages: PageFates;
}

/** What survives a crash of what was not synced. */
type Fate = 'lost' | 'kept' | 'mixed';

export class MemoryDisk implements Disk {
  capacityBytes: number;
  readonly #clock: Clock | undefined;
  #root = new FolderNode();
  #pending: PendingEntry[] = [];
  #usedBytes = 0;
  #life = 0;

  constructor(options: MemoryDiskOptions = {}) {
    this.capacityBytes = options.capacityBytes ?? Number.MAX_SAFE_INTEGER;
    this.#clock = options.clock;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  create(path: string, _options: CreateOptions = {}): DiskFile {
    const { folder, name } = this.#place(path, 'open');
    if (folder.entries.has(name)) throw systemError('EEXIST', 'open', path);
    const node = new FileNode(this.#now());
    this.#setEntry(folder, name, node);
    return this.#opened(node, path);
  }

  openRead(path: string, _options: { readonly direct?: boolean } = {}): DiskFile {
    return this.#opened(this.#file(path, 'open'), path);
  }

  link(existing: string, name: string): void {
    const node = this.#file(existing, 'link');
    const target = this.#place(name, 'link');
    if (target.folder.entries.has(target.name)) throw systemError('EEXIST', 'link', name);
    this.#setEntry(target.folder, target.name, node);
  }

  unlink(path: string): void {
    const node = this.#file(path, 'unlink');
    const { folder, name } = this.#place(path, 'unlink');
    folder.set(name, undefined);
    this.#drop(node);
    this.#pending.push({ folders: [folder], apply: () => folder.setDurable(name, undefined) });
  }

  rename(from: string, to: string): void {
    const source = this.#place(from, 'rename');
    const target = this.#place(to, 'rename');
    const node = source.folder.entries.get(source.name);
    if (node === undefined) throw systemError('ENOENT', 'rename', from);
    const replaced = target.folder.entries.get(target.name);
    if (replaced === node) return;
    if (replaced?.kind === 'folder') throw systemError('EISDIR', 'rename', to);
    if (replaced !== undefined) this.#drop(replaced);
    source.folder.set(source.name, undefined);
    target.folder.set(target.name, node);
    // One change: no file system shows both names or neither.
    this.#pending.push({
      folders: [source.folder, target.folder],
      apply: () => {
        source.folder.setDurable(source.name, undefined);
        target.folder.setDurable(target.name, node);
      },
    });
  }

  makeFolder(path: string): void {
    let folder = this.#root;
    for (const name of partsOf(path)) {
      const found = folder.entries.get(name);
      if (found?.kind === 'file') throw systemError('ENOTDIR', 'mkdir', path);
      const inner = found ?? new FolderNode();
      if (found === undefined) this.#setEntry(folder, name, inner);
      folder = inner;
    }
  }

  removeFolder(path: string): void {
    const { folder, name } = this.#place(path, 'rmdir');
    const node = folder.entries.get(name);
    if (node === undefined) throw systemError('ENOENT', 'rmdir', path);
    if (node.kind === 'file') throw systemError('ENOTDIR', 'rmdir', path);
    if (node.entries.size > 0) throw systemError('ENOTEMPTY', 'rmdir', path);
    folder.set(name, undefined);
    this.#pending.push({ folders: [folder], apply: () => folder.setDurable(name, undefined) });
  }

  list(path: string): DiskEntry[] {
    const { entries } = this.#folder(path, 'scandir');
    if (entries.size === 0) return [];
    return [...entries].map(([name, { kind }]) => ({ name, kind }));
  }

  stat(path: string): DiskStat | undefined {
    const node = this.#find(path);
    if (node === undefined) return undefined;
    const sizeBytes = node.kind === 'file' ? node.sizeBytes : 0;
    return { kind: node.kind, sizeBytes, modifiedMs: node.modifiedMs };
  }

  async syncFolder(path: string): Promise<void> {
    const folder = this.#folder(path, 'fsync');
    const waiting: PendingEntry[] = [];
    for (const change of this.#pending) {
      if (change.folders.includes(folder)) change.apply();
      else waiting.push(change);
    }
    this.#pending = waiting;
  }

  freeBytes(path: string): number {
    this.#folder(path, 'statfs');
    return Math.max(0, this.capacityBytes - this.#usedBytes);
  }

  // ── What only a test can do
  // ─────────────────────────────────────────────────────────────────────

  /** Another disk with the same on it. Of a disk without a clock on which all is synced. */
  copy(): MemoryDisk {
    assert(this.#pending.length === 0, 'what is not synced cannot be copied');
    const copied = new MemoryDisk({ capacityBytes: this.capacityBytes });
    copied.#root = this.#root.copy();
    copied.#usedBytes = this.#usedBytes;
    return copied;
  }

  /** Power goes: open files are gone, and of what was not synced some survives. */
  crash(random: Random): CrashReport {
    this.#life++;
    const fate: Fate = (['lost', 'kept', 'mixed', 'mixed'] as const)[random.below(4)] ?? 'lost';
    const report: CrashReport = {
      names: { lost: 0, kept: 0 },
      pages: { lost: 0, torn: 0, kept: 0 },
    };
    for (const change of this.#pending) {
      const isKept = fate === 'kept' || (fate === 'mixed' && random.below(2) === 0);
      report.names[isKept ? 'kept' : 'lost']++;
      if (isKept) change.apply();
    }
    this.#pending = [];
    const files = new Set<FileNode>();
    this.#root.settle(files);
    this.#usedBytes = 0;
    for (const file of files) {
      if (fate !== 'kept') file.crash(random, { fate, fates: report.pages });
      file.settle();
      this.#usedBytes += file.sizeBytes;
    }
    return report;
  }

  /** Rot: bits of one byte change, on the medium and in memory. */
  flip(path: string, position: number, mask = 1): void {
    this.#file(path, 'flip').flip(position, mask);
  }

  /** A copy of what a reader would see. */
  peek(path: string): Uint8Array {
    const node = this.#file(path, 'read');
    const bytes = new Uint8Array(node.sizeBytes);
    node.read(bytes, 0);
    return bytes;
  }

  /** Paths of all files under a folder. */
  files(folder = ''): string[] {
    const start = this.#find(folder);
    if (start === undefined || start.kind === 'file') return [];
    const paths: string[] = [];
    const walk = (node: FolderNode, path: string): void => {
      for (const [name, inner] of node.entries) {
        if (inner.kind === 'file') paths.push(`${path}/${name}`);
        else walk(inner, `${path}/${name}`);
      }
    };
    walk(start, folder);
    return paths;
  }

  /** The building burns: everything under the folder is gone at once, for good. */
  burn(folder: string): void {
    const { folder: parent, name } = this.#place(folder, 'burn');
    parent.set(name, undefined);
    parent.setDurable(name, undefined);
    const files = new Set<FileNode>();
    this.#root.collect(files);
    this.#usedBytes = 0;
    for (const file of files) this.#usedBytes += file.sizeBytes;
  }

  // ── Inside
  // ──────────────────────────────────────────────────────────────────────────────────────

  #now(): number {
    return this.#clock?.nowMs() ?? 0;
  }

  #setEntry(folder: FolderNode, name: string, node: Node): void {
    folder.set(name, node);
    if (node.kind === 'file') node.links++;
    this.#pending.push({ folders: [folder], apply: () => folder.setDurable(name, node) });
  }

  #drop(node: Node): void {
    if (node.kind === 'file' && --node.links === 0) this.#usedBytes -= node.sizeBytes;
  }

  #find(path: string): Node | undefined {
    return this.#descend(partsOf(path));
  }

  #descend(parts: readonly string[]): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const name of parts) {
      if (node?.kind !== 'folder') return undefined;
      node = node.entries.get(name);
    }
    return node;
  }

  #folder(path: string, call: string): FolderNode {
    return asFolder(this.#find(path), call, path);
  }
  #file(path: string, call: string): FileNode {
    const node = this.#find(path);
    if (node === undefined) throw systemError('ENOENT', call, path);
    if (node.kind !== 'file') throw systemError('EISDIR', call, path);
    return node;
  }

  #place(path: string, call: string): { readonly folder: FolderNode; readonly name: string } {
    const parts = partsOf(path);
    const name = parts.at(-1);
    assert(name !== undefined, 'the root has no name');
    return { folder: asFolder(this.#descend(parts.slice(0, -1)), call, path), name };
  }

  #opened(node: FileNode, path: string): DiskFile {
    const life = this.#life;
    let isOpen = true;
    const opened = (call: string): FileNode => {
      if (isOpen && life === this.#life) return node;
      throw systemError('EBADF', call, path);
    };
    return {
      write: (bytes, position) => this.#write(opened('write'), path, { bytes, position }),
      writeBehind: async (bytes, position) =>
        this.#write(opened('write'), path, { bytes, position }),
      read: (into, position) => opened('read').read(into, position),
      sizeBytes: () => opened('fstat').sizeBytes,
      truncate: (sizeBytes) => this.#resize(opened('ftruncate'), path, sizeBytes),
      sync: async () => opened('fsync').settle(),
      close: () => {
        opened('close');
        isOpen = false;
      },
    };
  }

  #write(
    node: FileNode,
    path: string,
    { bytes, position }: { readonly bytes: Uint8Array; readonly position: number },
  ): void {
    const end = position + bytes.length;
    const room = this.capacityBytes - this.#usedBytes + node.sizeBytes;
    const fitting = end <= Math.max(room, node.sizeBytes) ? bytes.length : room - position;
    if (fitting > 0) {
      const before = node.sizeBytes;
      node.write(bytes.subarray(0, fitting), position);
      node.modifiedMs = this.#now();
      if (node.links > 0) this.#usedBytes += node.sizeBytes - before;
    }
    if (fitting < bytes.length) throw systemError('ENOSPC', 'write', path);
  }

  #resize(node: FileNode, path: string, sizeBytes: number): void {
    const growth = sizeBytes - node.sizeBytes;
    if (growth > this.capacityBytes - this.#usedBytes)
      throw systemError('ENOSPC', 'ftruncate', path);
    node.truncate(sizeBytes);
    if (node.links > 0) this.#usedBytes += growth;
  }
}

function asFolder(node: Node | undefined, call: string, path: string): FolderNode {
  if (node === undefined) throw systemError('ENOENT', call, path);
  if (node.kind !== 'folder') throw systemError('ENOTDIR', call, path);
  return node;
}

/** Paths that were taken apart before: a simulation asks for the same thousands of times. */
const knownParts = new Map<string, readonly string[]>();
const MAX_KNOWN_PATHS = 8192;

function partsOf(path: string): readonly string[] {
  const known = knownParts.get(path);
  if (known !== undefined) return known;
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  assert(!parts.includes('..'), 'a memory disk does not climb');
  if (knownParts.size >= MAX_KNOWN_PATHS) knownParts.clear();
  knownParts.set(path, parts);
  return parts;
}
