// Small files that are replaced whole: keys, cards, notes. Written durably beside, then renamed over: the old file
// or the new one, never half. A store's files have an order of their own; nothing of a store is written here.
import { asKuraError, type Disk, errnoOf, type Random, toHex } from '@kura/base';

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

export interface SmallJson {
  readonly path: string;
  readonly maxBytes: number;
  /** Throws, in the words of whoever reads: it is far too long, or no JSON object. */
  readonly refuse: (cause?: unknown) => never;
}

/** The fields of a JSON object, each still to be looked at; undefined if the file is not there. */
export function readSmallJson(
  disk: Disk,
  { path, maxBytes, refuse }: SmallJson,
): Readonly<Record<string, unknown>> | undefined {
  const bytes = readSmallFile(disk, { path, maxBytes, refuse });
  return bytes === undefined ? undefined : objectIn(bytes, refuse);
}

/** The same of bytes that are read already. */
export function objectIn(
  bytes: Uint8Array,
  refuse: SmallJson['refuse'],
): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    refuse(error);
  }
  return typeof json === 'object' && json !== null ? { ...json } : refuse();
}

/** Of a cache, which is made anew whenever it cannot be read: nothing, if it is not there, damaged or too long. */
export function readCachedJson(
  disk: Disk,
  file: Omit<SmallJson, 'refuse'>,
): Readonly<Record<string, unknown>> {
  const refuse = (): never => {
    throw new RangeError('no JSON of ours');
  };
  try {
    return readSmallJson(disk, { ...file, refuse }) ?? {};
  } catch {
    return {};
  }
}

/** Temporary name, write, fsync, rename, fsync the folder; the folder is made if it is not there. */
export async function replaceFile(
  { disk, random }: FileAccess,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  const folder = path.slice(0, path.lastIndexOf('/'));
  const temporary = `${path}.${toHex(random.bytes(8))}`;
  try {
    disk.makeFolder(folder);
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
