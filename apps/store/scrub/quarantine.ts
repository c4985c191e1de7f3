// Sets a copy aside that cannot be healed, so that its name is free for a good one and its bytes
// stay for whoever asks what happened. At most one file is kept per copy. What is set aside is
// examined once more: another process may have put a good copy there in the meantime, and that
// one goes back.
import { type CopyId, errnoOf, toHex } from '@kura/base';
import type { ShelfContext } from '../shelf/context.ts';
import { tryTo } from '../shelf/durable-write.ts';
import { copyPath, fanOutFolder } from '../shelf/layout.ts';

const RANDOM_NAME_BYTES = 8;

/** Where set-aside bytes of these copies lie. */
export function quarantinedPaths(context: ShelfContext, ids: ReadonlySet<CopyId>): string[] {
  const { quarantine } = context.paths;
  try {
    const names = context.disk.list(quarantine).map((entry) => entry.name);
    return names
      .filter((name) => (ids as ReadonlySet<string>).has(name.slice(0, name.indexOf('-'))))
      .map((name) => `${quarantine}/${name}`);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw context.explain(error, 'the copies set aside could not be listed');
  }
}

export interface SetAside {
  readonly copyId: CopyId;
  /** Examines a file: true if it is a whole copy after all. */
  readonly isWhole: (path: string) => boolean;
}

/** True if the copy is out of the way; false if what lay there was good and is back. */
export async function setAside(
  context: ShelfContext,
  { copyId, isWhole }: SetAside,
): Promise<boolean> {
  const { disk, paths, random } = context;
  const path = copyPath(context.paths, copyId);
  const earlier = quarantinedPaths(context, new Set([copyId]));
  const aside = `${paths.quarantine}/${copyId}-${toHex(random.bytes(RANDOM_NAME_BYTES))}`;
  try {
    disk.makeFolder(paths.quarantine);
    disk.rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && !context.exists(path)) return true;
    throw context.explain(error, `copy ${copyId} could not be set aside`, copyId);
  }
  const isBack = isWhole(aside) && tryTo(() => disk.link(aside, path));
  await context.syncFolder(fanOutFolder(paths, copyId));
  for (const old of isBack ? [aside] : earlier) tryTo(() => disk.unlink(old));
  await context.syncFolder(paths.quarantine);
  return !isBack;
}
