// Removes a folder with everything in it, without following a link, crossing a mount or recursing: each
// subfolder is first moved up into one flat folder, which no mount point can be. One descriptor at any
// depth. What cannot be removed is left, and counted.
import { type ByteString, errnoOf } from '@kura/base';
import type { Descriptor, DirectoryEntry, Posix } from '@kura/native';

export interface RemoveOptions {
  readonly posix: Posix;
  /** A folder of ours that nothing else uses: subfolders are moved into it on their way out. */
  readonly folder: Descriptor;
  readonly name: ByteString;
}

const PERMISSION_ERRNOS = new Set(['EACCES', 'EPERM']);
const OPEN_MODE = 0o700;

/** Removes `name` in `folder`; returns how many entries could not be removed. */
export function removeTree({ posix, folder, name }: RemoveOptions): number {
  const queue: ByteString[] = [name];
  let leftCount = 0;
  let moved = 0;

  const moveUp = (from: Descriptor, child: ByteString): void => {
    const flat = `${name}.${moved++}` as ByteString;
    unlocked({ posix, folder: from, name: child }, () => posix.renameAt(from, child, folder, flat));
    queue.push(flat);
  };
  const remove = (from: Descriptor, { name: child, type }: DirectoryEntry): void => {
    const known = type ?? posix.statusAt(from, child)?.type;
    if (known === 'folder') moveUp(from, child);
    else posix.unlinkAt(from, child);
  };
  const tolerate = (act: () => void): void => {
    try {
      act();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      leftCount++;
    }
  };

  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const current = next;
    tolerate(() => {
      const opened = unlocked({ posix, folder, name: current }, () =>
        posix.openFolderAt(folder, current),
      );
      try {
        for (const child of listWritable(posix, opened)) tolerate(() => remove(opened, child));
      } finally {
        posix.close(opened);
      }
      posix.removeFolderAt(folder, current);
    });
  }
  return leftCount;
}

/** Runs `act`, and if permissions forbid it, once more after giving our user access. */
function unlocked<T>({ posix, folder, name }: RemoveOptions, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!PERMISSION_ERRNOS.has(errnoOf(error) ?? '')) throw error;
    posix.setModeAt(folder, name, OPEN_MODE);
    return act();
  }
}

function listWritable(posix: Posix, folder: Descriptor): ReturnType<Posix['readFolderOf']> {
  const { mode } = posix.statusOf(folder);
  const children = posix.readFolderOf(folder);
  if (children.length > 0 && (mode & OPEN_MODE) !== OPEN_MODE) posix.setMode(folder, OPEN_MODE);
  return children;
}
