// The one durable write: whatever a shelf keeps was made here, in the order of
// docs/design/ordering.md. A file exists under its final name only when all its bytes are on the
// medium. A failed sync is final: the file is given up, because the kernel may have forgotten
// which pages never arrived.
import {
  asKuraError,
  assert,
  type Disk,
  type DiskFile,
  errnoOf,
  type KuraError,
  type Random,
  toHex,
} from '@kura/base';

const RANDOM_NAME_BYTES = 12;

/** Where temporary names are made, and by whom. */
export interface WritePlace {
  readonly disk: Disk;
  /** On the same file system as every final name. */
  readonly incoming: string;
  /** The process that may still use the name; see sweep.ts. */
  readonly processId: number;
  readonly random: Random;
}

export interface DurableFileOptions {
  readonly direct?: boolean;
}

export type FolderSync = (folder: string) => Promise<void>;

export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

export class DurableFile {
  readonly #disk: Disk;
  readonly #temporary: string;
  readonly #file: DiskFile;
  readonly #underWay = new Set<Promise<void>>();
  #isOpen = true;
  #hasTemporary = true;
  #failure: KuraError | undefined;

  constructor(place: WritePlace, options: DurableFileOptions = {}) {
    this.#disk = place.disk;
    const name = `${place.processId}-${toHex(place.random.bytes(RANDOM_NAME_BYTES))}`;
    this.#temporary = `${place.incoming}/${name}`;
    try {
      this.#file = place.disk.create(this.#temporary, options);
    } catch (error) {
      throw asKuraError(error, 'a new file could not be begun');
    }
  }

  /** The name it has until it is published, for reading it back. */
  get temporaryPath(): string {
    return this.#temporary;
  }

  write(bytes: Uint8Array, position: number): void {
    this.#throwFailure();
    try {
      this.#file.write(bytes, position);
    } catch (error) {
      this.discard();
      throw asKuraError(error, 'a file could not be written');
    }
  }

  /**
   * Resolves when `bytes` may be changed again. The caller goes on meanwhile; once one such write
   * has failed, it and every later call throw why.
   */
  writeBehind(bytes: Uint8Array, position: number): Promise<void> {
    this.#throwFailure();
    assert(this.#isOpen, 'a file was written after it was sealed or given up');
    const written = this.#writeBehind(bytes, position);
    this.#underWay.add(written);
    const forget = (): void => void this.#underWay.delete(written);
    written.then(forget, forget);
    return written;
  }

  async #writeBehind(bytes: Uint8Array, position: number): Promise<void> {
    try {
      await this.#file.writeBehind(bytes, position);
    } catch (error) {
      this.discard();
      this.#failure ??= asKuraError(error, 'a file could not be written');
      throw this.#failure;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** All bytes are on the medium; nothing can be written any more. */
  async seal(): Promise<void> {
    await Promise.all(this.#underWay);
    this.#throwFailure();
    try {
      await this.#file.sync();
      this.#isOpen = false;
      this.#file.close();
    } catch (error) {
      this.discard();
      throw asKuraError(error, 'a file could not be made durable', {
        guidance: 'The disk may be failing; check it before you use this store again.',
      });
    }
  }

  /**
   * False if the name is taken: nothing is ever replaced, and the file waits for another try.
   * `sync` makes the folder durable; a shelf remembers there that it failed.
   */
  async publish(path: string, sync: FolderSync): Promise<boolean> {
    try {
      this.#disk.link(this.#temporary, path);
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      this.discard();
      throw asKuraError(error, 'a file could not be given its name');
    }
    await sync(parentOf(path));
    try {
      this.#disk.unlink(this.#temporary);
      this.#hasTemporary = false;
    } catch (error) {
      throw asKuraError(error, 'a temporary name could not be removed');
    }
    return true;
  }

  /** Only for what may be replaced: the shelf's record, and a copy by the same bytes healed. */
  async replace(path: string, sync: FolderSync): Promise<void> {
    try {
      this.#disk.rename(this.#temporary, path);
      this.#hasTemporary = false;
    } catch (error) {
      this.discard();
      throw asKuraError(error, 'a file could not replace its older state');
    }
    await sync(parentOf(path));
  }

  /** Leaves nothing behind. Never throws: what resists is swept when the store is opened again. */
  discard(): void {
    if (this.#isOpen) {
      this.#isOpen = false;
      tryTo(() => this.#file.close());
    }
    if (this.#hasTemporary) {
      this.#hasTemporary = false;
      tryTo(() => this.#disk.unlink(this.#temporary));
    }
  }
}

/** True if it worked. For cleaning up after a failure that is reported already. */
export function tryTo(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}

export async function syncFolder(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.syncFolder(folder);
  } catch (error) {
    throw asKuraError(error, 'a folder could not be made durable', {
      guidance: 'The disk may be failing; check it before you use this store again.',
    });
  }
}

export interface SmallFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A small file under a new name; throws `already_exists` if it is taken. */
export async function writeDurably(place: WritePlace, { path, bytes }: SmallFile): Promise<void> {
  const file = new DurableFile(place);
  file.write(bytes, 0);
  await file.seal();
  if (await file.publish(path, (folder) => syncFolder(place.disk, folder))) return;
  file.discard();
  throw asKuraError(
    Object.assign(new Error('the name is taken'), { code: 'EEXIST' }),
    'a file could not be given its name',
  );
}

/** A small file instead of the one that has the name: readers see the old or the new one, whole. */
export async function replaceDurably(place: WritePlace, { path, bytes }: SmallFile): Promise<void> {
  const file = new DurableFile(place);
  file.write(bytes, 0);
  await file.seal();
  await file.replace(path, (folder) => syncFolder(place.disk, folder));
}
