// Where a restore works: the nearest folder that exists (the base), the names below it that must be made
// (the prefix), and mount points, which it never writes through. The base is opened once; everything after
// goes through its descriptor.
import {
  asKuraError,
  type ByteString,
  displayName,
  errnoOf,
  KuraError,
  MAX_PATH_BYTES,
} from '@kura/base';
import type { Descriptor, Posix } from '@kura/native';

export interface Target {
  /** The target itself, or the nearest folder above it that is there. */
  readonly basePath: ByteString;
  readonly base: Descriptor;
  /** Names from the base down to the target; empty if the target is there. */
  readonly prefix: readonly ByteString[];
}

/** The names of an absolute path. Throws `usage` for anything else. */
export function namesOf(target: ByteString): ByteString[] {
  const names = target.split('/').filter((name) => name !== '' && name !== '.');
  const isFine = target.startsWith('/') && target.length <= MAX_PATH_BYTES;
  if (isFine && !names.includes('..') && /^[\x01-\xff]+$/.test(target)) {
    return names as ByteString[];
  }
  throw new KuraError('usage', `"${displayName(target)}" is not a path that can be restored to`, {
    guidance: 'Give an absolute path without "..".',
  });
}

export function pathOf(names: readonly ByteString[]): ByteString {
  return `/${names.join('/')}` as ByteString;
}

/** Finds and opens the base. The caller closes it. */
export function openTarget(posix: Posix, target: ByteString): Target {
  const names = namesOf(target);
  let depth = names.length;
  // Links above the target are the user's own way to it; only the target must not be one.
  for (; depth > 0; depth--) {
    const path = pathOf(names.slice(0, depth));
    const status = statusOf(posix, path);
    if (status === undefined) continue;
    const isTarget = depth === names.length;
    if (status.type === 'symlink' && isTarget) refuseTarget(path, 'is a symbolic link');
    if (status.type !== 'folder' && status.type !== 'symlink')
      refuseTarget(path, 'is not a folder');
    break;
  }
  const basePath = pathOf(names.slice(0, depth));
  const base = openBase(posix, basePath, depth === names.length);
  return { basePath, base, prefix: names.slice(depth) };
}

function statusOf(posix: Posix, path: ByteString): ReturnType<Posix['status']> {
  try {
    return posix.status(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOTDIR') return undefined;
    throw asKuraError(error, `"${displayName(path)}" cannot be looked at`, {
      guidance: 'Choose a target that this user can reach.',
    });
  }
}

function refuseTarget(path: ByteString, what: string): never {
  throw new KuraError('usage', `the target "${displayName(path)}" ${what}`, {
    guidance: 'Give a folder, or a path that does not exist yet.',
  });
}

function openBase(posix: Posix, path: ByteString, isTarget: boolean): Descriptor {
  try {
    return posix.openFolder(isTarget ? path : (`${path}/.` as ByteString));
  } catch (error) {
    throw asKuraError(error, `the target folder "${displayName(path)}" cannot be opened`, {
      guidance: 'Choose a target that this user can read and write.',
    });
  }
}

const PROBE = '.kura-restore-probe' as ByteString;
const PROBE_AWAY = '.kura-restore-probe-away' as ByteString;

/**
 * Whether `folder` is reached through another mount than `base`. Moving a name that does not exist
 * changes nothing, but the system compares mounts before it looks for the name; that finds bind mounts
 * of the same file system, which device numbers do not.
 */
export function isOtherMount(posix: Posix, base: Descriptor, folder: Descriptor): boolean {
  if (posix.statusOf(folder).device !== posix.statusOf(base).device) return true;
  try {
    posix.renameAt(base, PROBE, folder, PROBE_AWAY);
  } catch (error) {
    return errnoOf(error) === 'EXDEV';
  }
  return false;
}

export function refuseMount(path: ByteString): never {
  throw new KuraError(
    'refused',
    `"${displayName(path)}" in the target is a mount point: nothing is written through it`,
    { guidance: 'Unmount it, exclude it, or restore to a new folder.' },
  );
}
