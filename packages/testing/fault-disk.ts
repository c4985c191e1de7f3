// A disk that fails when it is told to: the n-th call errs, or the process dies there, or the
// medium keeps something else than it was given. Wraps any disk and counts its calls, so that a
// test can put a fault at every single one of them.
import type { Disk, DiskFile } from '@kura/base';
import { systemError } from './memory-disk.ts';

export type DiskCall =
  | 'create'
  | 'openRead'
  | 'link'
  | 'unlink'
  | 'rename'
  | 'makeFolder'
  | 'removeFolder'
  | 'list'
  | 'stat'
  | 'syncFolder'
  | 'freeBytes'
  | 'write'
  | 'read'
  | 'sizeBytes'
  | 'truncate'
  | 'sync'
  | 'close';

/**
 * error: the call does nothing and throws · late-error: it works and throws all the same · crash:
 * the process is dead, this call and all later ones throw CrashSignal · flip: a written byte is
 * another one.
 */
export type Fault = 'error' | 'late-error' | 'crash' | 'flip';

export interface FaultPlan {
  /** Which call, from 1; none if left out: then calls are only counted. */
  readonly at?: number;
  readonly fault?: Fault;
  /** Default EIO. */
  readonly errno?: string;
  /** Only these calls are counted. Default: all. */
  readonly only?: readonly DiskCall[];
  /** Every later call errs as well. */
  readonly lasting?: boolean;
}

/** The process ends here. Nothing may catch it and carry on. */
export class CrashSignal extends Error {
  constructor() {
    super('the process was killed');
    this.name = 'CrashSignal';
  }
}

export interface FaultyDisk extends Disk {
  /** Calls counted so far. */
  readonly calls: number;
  /** The call that the fault struck. */
  readonly struck: DiskCall | undefined;
}

class Faults {
  calls = 0;
  struck: DiskCall | undefined;
  readonly #plan: FaultPlan;

  constructor(plan: FaultPlan) {
    this.#plan = plan;
  }

  /** Does `work` unless it is time to fail. */
  run<T>(call: DiskCall, path: string, work: (fault: Fault | undefined) => T): T {
    const fault = this.#next(call);
    if (fault === undefined || fault === 'flip') return work(fault);
    if (fault === 'crash') throw new CrashSignal();
    // A descriptor is closed whatever close() says.
    const result = fault === 'late-error' || call === 'close' ? work(fault) : undefined;
    const error = systemError(this.#plan.errno ?? 'EIO', call, path);
    if (!(result instanceof Promise)) throw error;
    return result.then(() => Promise.reject(error)) as T;
  }

  async runAsync(call: DiskCall, path: string, work: () => Promise<void>): Promise<void> {
    await this.run(call, path, work);
  }

  write(file: DiskFile, path: string, { bytes, position }: WriteCall): void {
    this.run('write', path, (fault) => {
      file.write(fault === 'flip' ? withOneByteChanged(bytes) : bytes, position);
    });
  }

  async writeBehind(file: DiskFile, path: string, { bytes, position }: WriteCall): Promise<void> {
    await this.run('write', path, (fault) =>
      file.writeBehind(fault === 'flip' ? withOneByteChanged(bytes) : bytes, position),
    );
  }

  /** The fault that strikes this call, if one does. */
  #next(call: DiskCall): Fault | undefined {
    const { only, at, fault = 'error', lasting = false } = this.#plan;
    if (fault === 'crash' && this.struck !== undefined) return 'crash';
    if (only !== undefined && !only.includes(call)) return undefined;
    this.calls++;
    if (at === undefined || this.calls < at || (this.calls > at && !lasting)) return undefined;
    this.struck ??= call;
    return fault;
  }
}

function withOneByteChanged(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  const middle = changed.length >> 1;
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}

interface WriteCall {
  readonly bytes: Uint8Array;
  readonly position: number;
}

export function faultDisk(disk: Disk, plan: FaultPlan = {}): FaultyDisk {
  const faults = new Faults(plan);
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    write: (bytes, position) => faults.write(file, path, { bytes, position }),
    writeBehind: (bytes, position) => faults.writeBehind(file, path, { bytes, position }),
    read: (into, position) => faults.run('read', path, () => file.read(into, position)),
    sizeBytes: () => faults.run('sizeBytes', path, () => file.sizeBytes()),
    truncate: (sizeBytes) => faults.run('truncate', path, () => file.truncate(sizeBytes)),
    sync: () => faults.runAsync('sync', path, () => file.sync()),
    close: () => faults.run('close', path, () => file.close()),
  });
  return {
    get calls() {
      return faults.calls;
    },
    get struck() {
      return faults.struck;
    },
    create: (path, options) =>
      faults.run('create', path, () => wrap(disk.create(path, options), path)),
    openRead: (path, options) =>
      faults.run('openRead', path, () => wrap(disk.openRead(path, options), path)),
    link: (existing, name) => faults.run('link', name, () => disk.link(existing, name)),
    unlink: (path) => faults.run('unlink', path, () => disk.unlink(path)),
    rename: (from, to) => faults.run('rename', to, () => disk.rename(from, to)),
    makeFolder: (path) => faults.run('makeFolder', path, () => disk.makeFolder(path)),
    removeFolder: (path) => faults.run('removeFolder', path, () => disk.removeFolder(path)),
    list: (folder) => faults.run('list', folder, () => disk.list(folder)),
    stat: (path) => faults.run('stat', path, () => disk.stat(path)),
    syncFolder: (path) => faults.runAsync('syncFolder', path, () => disk.syncFolder(path)),
    freeBytes: (folder) => faults.run('freeBytes', folder, () => disk.freeBytes(folder)),
  };
}
