// Puts back what a journal says was there. Every step looks first whether it is needed, so that a rollback
// that is killed can be run again. It moves by descriptors like the commit, and stops at the first move
// that fails: then the staging folder stays, and the next recovery goes on.
import { type ByteString, errnoOf } from '@kura/base';
import type { Descriptor } from '@kura/native';
import { dropAttribute, isOurs, matchesAttributes } from './attribute-rules.ts';
import type { FolderCursor } from './folder-cursor.ts';
import type { JournalFolder, Swap } from './journal.ts';
import type { RestorePosix } from './ports.ts';
import { isAttributeProblem } from './problems.ts';

const OPEN_MODE = 0o700;

export interface UndoOptions {
  readonly posix: RestorePosix;
  readonly folders: readonly JournalFolder[];
  /** Below the base. */
  readonly standing: FolderCursor;
  /** Below tree/. */
  readonly staged: FolderCursor;
  readonly undo: Descriptor;
}

export function undoName(number: number): ByteString {
  return String(number) as ByteString;
}

export function undoMoves(options: UndoOptions): void {
  const { posix, folders, standing, staged } = options;
  // A folder that got its final mode may not let us in: first the attributes, top down, then the moves.
  for (const folder of folders) putBackAttributes(options, folder);
  for (const folder of folders) {
    if (folder.swaps.length === 0) continue;
    const target = standing.open(folder.path);
    for (const swap of folder.swaps) {
      if (swap.movesIn) {
        const mirror = staged.open(folder.path);
        takeOut({ posix, target, mirror, name: swap.name });
      }
      putBack(options, target, swap);
    }
  }
  for (const folder of folders.toReversed()) {
    const file = standing.open(folder.path);
    tolerate(() => posix.setTimes(file, folder.mtimeNs));
  }
  standing.close();
  staged.close();
}

/** What was moved in goes back to where it was staged; it is removed from there. */
function takeOut(move: {
  readonly posix: RestorePosix;
  readonly target: Descriptor;
  readonly mirror: Descriptor;
  readonly name: ByteString;
}): void {
  const { posix, target, mirror, name } = move;
  if (posix.statusAt(mirror, name) !== undefined) return;
  const status = posix.statusAt(target, name);
  if (status === undefined) return;
  // Moving a folder needs write permission on it.
  if (status.type === 'folder') posix.setModeAt(target, name, OPEN_MODE);
  posix.renameAt(target, name, mirror, name);
}

function putBack({ posix, undo }: UndoOptions, target: Descriptor, swap: Swap): void {
  if (swap.undo === undefined) return;
  const name = undoName(swap.undo);
  if (posix.statusAt(undo, name) === undefined) return;
  posix.renameAt(undo, name, target, swap.name);
}

/** The restore may have given it a mode that keeps us out; its own follows right after. */
function openChanged({ posix, standing }: UndoOptions, path: readonly ByteString[]): Descriptor {
  try {
    return standing.open(path);
  } catch (error) {
    const name = path.at(-1);
    if (errnoOf(error) !== 'EACCES' || name === undefined) throw error;
    posix.setModeAt(standing.open(path.slice(0, -1)), name, OPEN_MODE);
    return standing.open(path);
  }
}

function putBackAttributes(options: UndoOptions, folder: JournalFolder): void {
  const { posix } = options;
  const { path, attributes, uid, gid, mode } = folder;
  if (attributes === undefined) return;
  const file = openChanged(options, path);
  const status = posix.statusOf(file);
  if (status.uid !== uid || status.gid !== gid) posix.setOwner(file, uid, gid);
  const now = posix.attributesOf(file);
  if (!matchesAttributes(now, attributes)) {
    const kept = new Set(attributes.map(({ name }) => name));
    for (const { name } of now) {
      if (!kept.has(name) && isOurs(name)) tolerate(() => dropAttribute(posix, file, name));
    }
    for (const attribute of attributes) tolerate(() => posix.setAttribute(file, attribute));
  }
  if (posix.statusOf(file).mode !== mode) posix.setMode(file, mode);
}

/** An attribute that cannot be put back must not keep the files from it. */
function tolerate(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!isAttributeProblem(error)) throw error;
  }
}
