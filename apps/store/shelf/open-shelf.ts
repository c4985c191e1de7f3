// One folder shelf while it is open: its disk and places, who it is, and whether both can be believed.
// Not an interface for anyone else.
import {
  asKuraError,
  type Clock,
  type CopyId,
  type Disk,
  errnoOf,
  KuraError,
  type NetworkShape,
  type Random,
} from '@kura/base';
import type { Bulk } from '@kura/native';
import { FiledFindings } from '../findings/filed-findings.ts';
import type { FindingBook } from '../findings/finding-book.ts';
import type { ShelfRecord } from '../identity.ts';
import { checkIdentity, readSeed, readShelf } from '../presence.ts';
import { ShelfArithmetic } from './arithmetic.ts';
import { syncFolder, type WritePlace } from './durable-write.ts';
import { FAN_OUT, fanOutName, type ShelfPaths, shelfPaths } from './layout.ts';
import type { Processes } from './sweep.ts';
import { WorkspacePool } from './workspace.ts';

export interface OpenShelfOptions {
  readonly disk: Disk;
  readonly folder: string;
  readonly bulk: Bulk;
  readonly clock: Clock;
  readonly random: Random;
  readonly shape: NetworkShape;
  readonly processes: Processes;
  readonly record: ShelfRecord;
}

export class OpenShelf extends ShelfArithmetic {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly paths: ShelfPaths;
  readonly place: WritePlace;
  readonly workspaces: WorkspacePool;
  /** What was found wrong with copies; kept before anything is healed. */
  readonly findings: FindingBook;
  record: ShelfRecord;
  #seed: Uint8Array | undefined;
  #hasFolders = false;
  #isSuspect = false;

  constructor(options: OpenShelfOptions) {
    const { disk, random, processes } = options;
    super(options.bulk, options.shape);
    this.disk = disk;
    this.clock = options.clock;
    this.random = random;
    this.record = options.record;
    this.paths = shelfPaths(options.folder);
    this.place = { disk, incoming: this.paths.incoming, processId: processes.id, random };
    this.workspaces = new WorkspacePool(options.shape);
    this.findings = new FiledFindings(this.place, this.paths.findings);
  }

  /** Throws `unreachable` or `refused` unless the store that was opened still stands there. */
  checkPresent(): void {
    const found = readShelf(this.disk, this.paths.folder);
    checkIdentity(found.identity, this.record.identity);
  }

  /** Ed25519 seed of the store. */
  seed(): Uint8Array {
    this.#seed ??= readSeed(this.disk, this.paths.folder, this.record.identity);
    return this.#seed;
  }

  /** A failed folder sync is final for this process: entries may be lost that look fine. */
  checkTrusted(): void {
    if (!this.#isSuspect) return;
    throw new KuraError('io', 'a folder of this store could not be made durable before', {
      guidance: 'Check the disk, then open the store anew.',
    });
  }

  async syncFolder(folder: string): Promise<void> {
    this.checkTrusted();
    try {
      await syncFolder(this.disk, folder);
    } catch (error) {
      this.#isSuspect = true;
      throw error;
    }
  }

  /** The folders for copies stand and are durable; once per opened shelf. */
  async ensureFolders(): Promise<void> {
    if (this.#hasFolders) return;
    const { disk, paths } = this;
    try {
      const names = new Set(disk.list(paths.copies).map((entry) => entry.name));
      for (let byte = 0; byte < FAN_OUT; byte++) {
        if (!names.has(fanOutName(byte))) disk.makeFolder(`${paths.copies}/${fanOutName(byte)}`);
      }
    } catch (error) {
      throw this.explain(error, 'the folders for copies could not be prepared');
    }
    await this.syncFolder(paths.copies);
    this.#hasFolders = true;
  }

  exists(path: string): boolean {
    try {
      return this.disk.stat(path) !== undefined;
    } catch (error) {
      throw this.explain(error, 'a name could not be looked up');
    }
  }

  /**
   * What a failed call means: if something was not there, perhaps the whole store is not. `missing`
   * is said only of a copy that a store which is present does not have.
   */
  explain(error: unknown, message: string, copyId?: CopyId): KuraError {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') {
      try {
        this.checkPresent();
      } catch (absence) {
        return asKuraError(absence, 'the store could not be examined');
      }
    }
    const store = this.record.identity.storeId;
    const context = copyId === undefined ? { store } : { store, copy: copyId };
    return asKuraError(error, message, { context });
  }
}
