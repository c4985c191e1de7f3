// Small files, read whole: records, keys, admissions, lists. Never more than the caller expects.
import { asKuraError, type Disk, errnoOf, KuraError } from '@kura/base';

/** Undefined if nothing has that name; `corrupt` if it is no file of at most `maxBytes`. */
export function readSmallFile(disk: Disk, path: string, maxBytes: number): Uint8Array | undefined {
  try {
    const found = disk.stat(path);
    if (found === undefined) return undefined;
    if (found.kind !== 'file' || found.sizeBytes > maxBytes) {
      throw new KuraError('corrupt', `${path} is not a small file`);
    }
    const file = disk.openRead(path);
    try {
      const bytes = new Uint8Array(found.sizeBytes);
      return bytes.subarray(0, file.read(bytes, 0));
    } finally {
      file.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw asKuraError(error, `${path} could not be read`);
  }
}
