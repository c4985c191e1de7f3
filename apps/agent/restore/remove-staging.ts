// Clears a staging folder away: everything in it first, the journal last, so that whoever finds half of it
// still knows what it was.
import { type ByteString, errnoOf } from '@kura/base';
import type { Descriptor, Posix } from '@kura/native';
import { removeTree } from './remove-tree.ts';
import { JOURNAL } from './staging.ts';

/** A passing failure must not leave a folder in the user's target. */
const ATTEMPTS = 3;

/** False if something could not be removed. */
export function removeStaging(posix: Posix, base: Descriptor, name: ByteString): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      if (posix.statusAt(base, name) === undefined) return true;
      if (clear(posix, base, name)) {
        posix.removeFolderAt(base, name);
        return true;
      }
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
  return false;
}

function clear(posix: Posix, base: Descriptor, name: ByteString): boolean {
  const folder = posix.openFolderAt(base, name);
  try {
    let leftCount = 0;
    // Backwards: what an earlier attempt moved up ("tree.1") comes before where it was ("tree").
    for (const child of posix.readFolderOf(folder).reverse()) {
      if (child.name === JOURNAL) continue;
      const type = child.type ?? posix.statusAt(folder, child.name)?.type;
      if (type === 'folder') leftCount += removeTree({ posix, folder, name: child.name });
      else posix.unlinkAt(folder, child.name);
    }
    if (leftCount > 0) return false;
    if (posix.statusAt(folder, JOURNAL) !== undefined) posix.unlinkAt(folder, JOURNAL);
    return true;
  } finally {
    posix.close(folder);
  }
}
