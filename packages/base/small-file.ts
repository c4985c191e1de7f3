// Small files that are replaced whole: keys, cards, notes, what a witness has cosigned. Written durably beside, then
// renamed over: the old file or the new one, never half. A store's files have an order of their own; nothing of a store
// is written here.
import { toHex } from './bytes.ts';
import type { Random } from './clock.ts';
import type { Disk } from './disk.ts';
import { asKuraError, errnoOf } from './error.ts';

export interface FileAccess {
  readonly disk: Disk;
  readonly random: Random;
}

export interface SmallFile {
  readonly path: string;
  readonly maxBytes: number;
  /** Throws: it is far too long to be what it should be. */
  readonly refuse: () => never;
}

/** Undefined if it is not there. */
export function readSmallFile(disk: Disk, file: SmallFile): Uint8Array | undefined {
  const stat = disk.stat(file.path);
  if (stat === undefined) return undefined;
  if (stat.sizeBytes > file.maxBytes) file.refuse();
  const open = disk.openRead(file.path);
  try {
    const bytes = new Uint8Array(stat.sizeBytes);
    return bytes.subarray(0, open.read(bytes, 0));
  } finally {
    open.close();
  }
}

/**
 * Temporary name, write, fsync, rename, fsync the folder; the folder is made if it is not there, and its name is
 * durable before anything lies in it.
 */
export async function replaceFile(
  { disk, random }: FileAccess,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const temporary = `${path}.${toHex(random.bytes(8))}`;
  try {
    if (disk.stat(folder) === undefined) {
      disk.makeFolder(folder);
      await disk.syncFolder(folder.slice(0, folder.lastIndexOf('/')) || '/');
    }
    const file = disk.create(temporary);
    try {
      file.write(bytes, 0);
      await file.sync();
    } finally {
      file.close();
    }
    disk.rename(temporary, path);
    await disk.syncFolder(folder);
  } catch (error) {
    removeIfThere(disk, temporary);
    throw asKuraError(error, `${path} could not be written`);
  }
}

/** After a failure that is told already: what cannot be removed either is only litter. */
function removeIfThere(disk: Disk, path: string): void {
  try {
    if (disk.stat(path) !== undefined) disk.unlink(path);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
