// The real disk. A direct file is two descriptors of one file: past the page cache for whole pages,
// through it for everything that direct I/O refuses (tails, odd offsets, memory off a page). Where
// a file system knows no direct I/O there is only the second, and nobody notices. Not the place for
// durability: the order of write, sync and link belongs to the callers.
import fs from 'node:fs';
import type { CreateOptions, Disk, DiskEntry, DiskFile, DiskStat, EntryKind } from '@kura/base';
import { assert, errnoOf } from '@kura/base';

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_NOFOLLOW, O_DIRECT } = fs.constants;
/**
 * Direct I/O wants offsets and lengths in these; smaller units fail on disks with 4 KiB sectors.
 */
const PAGE_BYTES = 4096;
const NONE = -1;

interface OpenedFile {
  readonly path: string;
  /** Through the page cache. */
  readonly cached: number;
  /** Past it, or -1. */
  readonly direct: number;
}

class NodeFile implements DiskFile {
  readonly #file: OpenedFile;
  #isOpen = true;
  /** Writes under way: the descriptors must outlive them, or they would hit another file. */
  #underWay = 0;

  constructor(file: OpenedFile) {
    this.#file = file;
  }

  get #cached(): number {
    assert(this.#isOpen, `${this.#file.path} was used after it was closed`);
    return this.#file.cached;
  }

  write(bytes: Uint8Array, position: number): void {
    const cached = this.#cached;
    const direct = this.#directBytes(position, bytes.length);
    if (direct > 0 && this.#writeDirect(bytes.subarray(0, direct), position)) {
      writeAll(cached, bytes.subarray(direct), position + direct);
    } else {
      writeAll(cached, bytes, position);
    }
  }

  async writeBehind(bytes: Uint8Array, position: number): Promise<void> {
    const cached = this.#cached;
    const direct = this.#directBytes(position, bytes.length);
    this.#underWay++;
    try {
      const isDone =
        direct > 0 && (await this.#writeDirectBehind(bytes.subarray(0, direct), position));
      const done = isDone ? direct : 0;
      await writeAllBehind(cached, bytes.subarray(done), position + done);
    } finally {
      this.#underWay--;
      if (!this.#isOpen && this.#underWay === 0) this.#closeDescriptors();
    }
  }

  read(into: Uint8Array, position: number): number {
    const cached = this.#cached;
    const wanted = this.#directBytes(position, into.length);
    const done = wanted > 0 ? this.#readDirect(into.subarray(0, wanted), position) : 0;
    // Fewer than asked for is the end of the file, or memory that direct I/O refuses: ask again.
    return done + readAll(cached, into.subarray(done), position + done);
  }

  sizeBytes(): number {
    return fs.fstatSync(this.#cached).size;
  }

  truncate(sizeBytes: number): void {
    fs.ftruncateSync(this.#cached, sizeBytes);
  }

  sync(): Promise<void> {
    return syncDescriptor(this.#cached);
  }

  close(): void {
    assert(this.#isOpen, `${this.#file.path} was closed twice`);
    this.#isOpen = false;
    if (this.#underWay === 0) this.#closeDescriptors();
  }

  #closeDescriptors(): void {
    const { direct, cached } = this.#file;
    if (direct !== NONE) fs.closeSync(direct);
    fs.closeSync(cached);
  }

  /**
   * How much of [position, position + length) may go past the page cache: whole pages, from the
   * front.
   */
  #directBytes(position: number, length: number): number {
    if (this.#file.direct === NONE || position % PAGE_BYTES !== 0) return 0;
    return length - (length % PAGE_BYTES);
  }

  #writeDirect(bytes: Uint8Array, position: number): boolean {
    try {
      writeAll(this.#file.direct, bytes, position);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return false; // memory off a page, or larger sectors
      throw error;
    }
  }

  async #writeDirectBehind(bytes: Uint8Array, position: number): Promise<boolean> {
    try {
      await writeAllBehind(this.#file.direct, bytes, position);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return false;
      throw error;
    }
  }

  #readDirect(into: Uint8Array, position: number): number {
    try {
      return fs.readSync(this.#file.direct, into, 0, into.length, position);
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return 0;
      throw error;
    }
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const written = fs.writeSync(descriptor, bytes, done, bytes.length - done, position + done);
    assert(written > 0, 'a write made no progress');
    done += written;
  }
}

/** In the thread pool: the medium works while the caller seals the next leaves. */
async function writeAllBehind(
  descriptor: number,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const written = await writeOnce(descriptor, bytes.subarray(done), position + done);
    assert(written > 0, 'a write made no progress');
    done += written;
  }
}

function writeOnce(descriptor: number, bytes: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(descriptor, bytes, 0, bytes.length, position, (error, written) =>
      error === null ? resolve(written) : reject(error),
    );
  });
}

function readAll(descriptor: number, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const got = fs.readSync(descriptor, into, done, into.length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

/** In the thread pool, so that a worker seals the next pack while the medium works. */
function syncDescriptor(descriptor: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fs.fsync(descriptor, (error) => (error === null ? resolve() : reject(error)));
  });
}

/**
 * A second descriptor of an open file, past the page cache; -1 where that cannot be. Opening the
 * same file again, not creating it direct, leaves nothing behind on file systems that refuse.
 */
function openDirect(descriptor: number, flags: number): number {
  if (O_DIRECT === undefined) return NONE; // macOS, Windows
  try {
    return fs.openSync(`/proc/self/fd/${descriptor}`, flags | O_DIRECT);
  } catch {
    return NONE;
  }
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): EntryKind {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}

function create(path: string, options: CreateOptions = {}): DiskFile {
  const cached = fs.openSync(path, O_CREAT | O_EXCL | O_RDWR, options.mode ?? 0o600);
  const direct = options.direct === true ? openDirect(cached, O_RDWR) : NONE;
  return new NodeFile({ path, cached, direct });
}

function openRead(path: string, options: { readonly direct?: boolean } = {}): DiskFile {
  const cached = fs.openSync(path, O_RDONLY);
  const direct = options.direct === true ? openDirect(cached, O_RDONLY) : NONE;
  return new NodeFile({ path, cached, direct });
}

function list(folder: string): DiskEntry[] {
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
}

function stat(path: string): DiskStat | undefined {
  const found = fs.lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return { kind: kindOf(found), sizeBytes: found.size, modifiedMs: found.mtimeMs };
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there; entries are journaled
  const descriptor = fs.openSync(path, O_RDONLY | fs.constants.O_DIRECTORY | O_NOFOLLOW);
  try {
    await syncDescriptor(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = fs.statfsSync(folder);
  return bavail * bsize;
}

export const nodeDisk: Disk = {
  create,
  openRead,
  link: (existing, name) => fs.linkSync(existing, name),
  unlink: (path) => fs.unlinkSync(path),
  rename: (from, to) => fs.renameSync(from, to),
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true, mode: 0o700 }),
  removeFolder: (path) => fs.rmdirSync(path),
  list,
  stat,
  syncFolder,
  freeBytes,
};
