// The paths that a backup was asked for, before it walks: those that are not there are told and left out, as restic
// does, so that one mistyped or vanished path does not cost the backup of all others. If none is there, it is an error.
import { type ByteString, displayName, errnoOf, KuraError } from '@kura/base';
import type { Posix } from '@kura/native';

export interface NamedPaths {
  /** In the order in which they were named. What cannot even be looked at is here too: the walk says why. */
  readonly present: readonly ByteString[];
  readonly missing: readonly ByteString[];
}

/** Throws `missing` if nothing of what was named exists. */
export function lookUp(paths: readonly ByteString[], posix: Posix): NamedPaths {
  const missing = paths.filter((path) => isMissing(path, posix));
  const [first] = missing;
  if (first !== undefined && missing.length === paths.length) refuse(first, missing.length);
  const isGone = new Set(missing);
  return { present: paths.filter((path) => !isGone.has(path)), missing };
}

function isMissing(path: ByteString, posix: Posix): boolean {
  try {
    return posix.status(path) === undefined;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    // A file stands where the path has a folder.
    return errno === 'ENOTDIR';
  }
}

function refuse(first: ByteString, count: number): never {
  const message =
    count === 1
      ? `${displayName(first)} does not exist`
      : `none of the ${count} paths exists, ${displayName(first)} among them`;
  throw new KuraError('missing', `${message}; nothing was saved`, { guidance: 'Check the path.' });
}
