// A disk as one process sees it: every call may be its last. The site behind it may be unmounted (an empty
// folder stands there instead), burn, fill up, or lose its power on its own.
import { type Disk, type DiskFile, errnoOf } from '@kura/base';
import { MemoryDisk } from '@kura/testing';
import type { Coverage } from './coverage.ts';
import type { Life } from './life.ts';

export class Site {
  readonly name: string;
  /** Where the store or the home lies on its disk. */
  readonly folder: string;
  medium = new MemoryDisk();
  isMounted = true;

  constructor(name: string) {
    this.name = name;
    this.folder = `/mnt/${name}`;
    this.medium.makeFolder('/mnt');
    void this.medium.syncFolder('/');
  }

  /** What stands at the mount point now. */
  get current(): MemoryDisk {
    if (this.isMounted) return this.medium;
    const empty = new MemoryDisk();
    empty.makeFolder(this.folder);
    return empty;
  }

  /** Everything is gone; an empty disk takes its place. */
  replaceMedium(): void {
    this.medium = new MemoryDisk();
    this.medium.makeFolder('/mnt');
    void this.medium.syncFolder('/');
  }
}

export interface MortalDiskOptions {
  readonly site: Site;
  readonly life: Life;
  readonly coverage: Coverage;
  /** The canary: says that it has synced, and has not. */
  readonly neverSyncs: boolean;
}

export function mortalDisk({ site, life, coverage, neverSyncs }: MortalDiskOptions): Disk {
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    write(bytes, position) {
      life.step('write', path);
      try {
        file.write(bytes, position);
      } catch (error) {
        if (errnoOf(error) === 'ENOSPC') coverage.note('write on a full disk');
        throw error;
      }
    },
    async writeBehind(bytes, position) {
      await life.yield();
      life.step('write', path);
      file.write(bytes, position);
    },
    read(into, position) {
      life.step('read', path);
      return file.read(into, position);
    },
    sizeBytes() {
      life.step('sizeBytes', path);
      return file.sizeBytes();
    },
    truncate(sizeBytes) {
      life.step('truncate', path);
      file.truncate(sizeBytes);
    },
    async sync() {
      await life.yield();
      life.step('sync', path);
      if (!neverSyncs) await file.sync();
    },
    close() {
      // A descriptor is closed whatever becomes of the call.
      file.close();
      life.step('close', path);
    },
  });
  const at = (call: string, path: string): MemoryDisk => {
    life.step(call, path);
    return site.current;
  };
  return {
    create: (path, options) => wrap(at('create', path).create(path, options), path),
    openRead: (path, options) => wrap(at('openRead', path).openRead(path, options), path),
    link: (existing, name) => at('link', name).link(existing, name),
    unlink: (path) => at('unlink', path).unlink(path),
    rename: (from, to) => at('rename', to).rename(from, to),
    makeFolder: (path) => at('makeFolder', path).makeFolder(path),
    removeFolder: (path) => at('removeFolder', path).removeFolder(path),
    list: (folder) => at('list', folder).list(folder),
    stat: (path) => at('stat', path).stat(path),
    async syncFolder(path) {
      await life.yield();
      const disk = at('syncFolder', path);
      if (!neverSyncs) await disk.syncFolder(path);
    },
    freeBytes: (folder) => at('freeBytes', folder).freeBytes(folder),
  };
}
