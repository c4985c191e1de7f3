// The staging folder: lies in the base, hence on the target's file system, and is closed to other users.
//   journal   who works here, and before the first move how to undo it (journal.ts)
//   tree/     mirrors the folders from the base down; what is restored is made here
//   undo/     what was in its place, under numbers
// Everything is reached through descriptors that are opened once.
import { asKuraError, type ByteString, displayName, errnoOf, type Random } from '@kura/base';
import type { Descriptor } from '@kura/native';
import { dropAttribute, isOurs } from './attribute-rules.ts';
import { FolderCursor } from './folder-cursor.ts';
import type { RestorePosix } from './ports.ts';
import { newStagingName } from './staging-name.ts';
import type { Target } from './target.ts';

export const JOURNAL = 'journal' as ByteString;
export const TREE = 'tree' as ByteString;
export const UNDO = 'undo' as ByteString;
/** Nobody else looks into it, links in it lead nobody astray. */
const PRIVATE = 0o700;

export interface Staging {
  readonly name: ByteString;
  readonly path: ByteString;
  readonly folder: Descriptor;
  readonly tree: Descriptor;
  readonly undo: Descriptor;
  /** Below `tree` and below the base. */
  readonly staged: FolderCursor;
  readonly standing: FolderCursor;
  readonly journal: Descriptor;
}

/** Makes the folder; whatever fails here leaves at most an empty one, which the caller removes. */
export function makeStagingFolder(options: {
  readonly posix: RestorePosix;
  readonly target: Target;
  readonly random: Random;
}): ByteString {
  const { posix, target, random } = options;
  const folderTimeNs = posix.statusOf(target.base).mtimeNs;
  const name = newStagingName({ child: target.prefix[0], folderTimeNs, random });
  try {
    posix.makeFolderAt(target.base, name, PRIVATE);
  } catch (error) {
    const shown = displayName(target.basePath);
    throw asKuraError(error, `nothing can be written in "${shown}"`, {
      guidance: 'Choose a target that this user can write to.',
    });
  }
  return name;
}

export function openStaging(posix: RestorePosix, target: Target, name: ByteString): Staging {
  const opened: Descriptor[] = [];
  const keep = (file: Descriptor): Descriptor => {
    opened.push(file);
    return file;
  };
  try {
    const folder = keep(posix.openFolderAt(target.base, name));
    closeToOthers(posix, folder);
    const journal = keep(posix.createFileAt(folder, JOURNAL));
    for (const child of [TREE, UNDO]) posix.makeFolderAt(folder, child, PRIVATE);
    const tree = keep(posix.openFolderAt(folder, TREE));
    const undo = keep(posix.openFolderAt(folder, UNDO));
    const staged = new FolderCursor(posix, tree);
    const standing = new FolderCursor(posix, target.base);
    const path = `${target.basePath === '/' ? '' : target.basePath}/${name}` as ByteString;
    return { name, path, folder, tree, undo, staged, standing, journal };
  } catch (error) {
    for (const file of opened) posix.close(file);
    throw error;
  }
}

/** A folder around it may hand down its group and its ACLs. */
function closeToOthers(posix: RestorePosix, folder: Descriptor): void {
  for (const { name } of posix.attributesOf(folder)) {
    if (isOurs(name)) dropAttribute(posix, folder, name);
  }
  if (posix.statusOf(folder).mode !== PRIVATE) posix.setMode(folder, PRIVATE);
}

/**
 * What had to be durable has been synced, and a close that fails closes all the same: it must not make a
 * restore that is done look like one that failed.
 */
export function closeStaging(posix: RestorePosix, staging: Staging): void {
  const files = [staging.journal, staging.undo, staging.tree, staging.folder];
  const closings = [
    () => staging.staged.close(),
    () => staging.standing.close(),
    ...files.map((file) => () => posix.close(file)),
  ];
  for (const close of closings) {
    try {
      close();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
  }
}
