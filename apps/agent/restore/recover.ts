// After a restore that failed or was killed: finds its staging folder, puts back what the journal says was
// there, and clears it away; or, if everything was in place already, only clears it away. It touches
// staging folders of our own user only, and none whose process is alive.
import { asKuraError, type ByteString, displayName, errnoOf, KuraError } from '@kura/base';
import type { Descriptor } from '@kura/native';
import { USER } from './attribute-rules.ts';
import { FolderCursor } from './folder-cursor.ts';
import { decodeJournal, type Journal, MAX_JOURNAL_BYTES } from './journal.ts';
import type { RestorePosix } from './ports.ts';
import { type ProcessTable, systemProcesses } from './process-table.ts';
import { removeStaging } from './remove-staging.ts';
import { JOURNAL, TREE, UNDO } from './staging.ts';
import { folderTimeOf, isStagingNameFor } from './staging-name.ts';
import { namesOf, pathOf } from './target.ts';
import { undoMoves } from './undo.ts';

export interface RecoveryPorts {
  readonly posix: RestorePosix;
  readonly processes?: ProcessTable;
}

export interface RecoveryOutcome {
  /** Restores that were undone. */
  readonly rolledBack: number;
  /** Restores that were whole but for their tidying up. */
  readonly finished: number;
  /** Paths of staging folders that are still there: another user's, or not removable. */
  readonly left: readonly ByteString[];
}

export interface FoundStaging {
  readonly basePath: ByteString;
  readonly name: ByteString;
}

/**
 * Puts back what was in `target` before a restore to it was killed. Does nothing if there is none. Throws
 * `busy` if one is running.
 */
export function recoverInterruptedRestore(
  target: ByteString,
  ports: RecoveryPorts,
): RecoveryOutcome {
  const outcome = { rolledBack: 0, finished: 0, left: [] as ByteString[] };
  for (const found of findStagings(ports.posix, target)) {
    const result = recoverTyped(found, ports);
    if (result === 'left') outcome.left.push(`${found.basePath}/${found.name}` as ByteString);
    else if (result === 'finished') outcome.finished++;
    else outcome.rolledBack++;
  }
  return outcome;
}

/** In the target, and beside every folder on the way to it. */
export function findStagings(posix: RestorePosix, target: ByteString): FoundStaging[] {
  const names = namesOf(target);
  const found: FoundStaging[] = [];
  for (let depth = names.length; depth >= 0; depth--) {
    const basePath = pathOf(names.slice(0, depth));
    for (const name of listFolder(posix, basePath)) {
      if (isStagingNameFor(name, names[depth])) found.push({ basePath, name });
    }
  }
  return found;
}

/** Nothing to find where there is no folder, or none that we may read. */
function listFolder(posix: RestorePosix, path: ByteString): ByteString[] {
  try {
    return posix.readFolder(path).map(({ name }) => name);
  } catch (error) {
    const errno = errnoOf(error) ?? '';
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'].includes(errno)) return [];
    throw asKuraError(error, `"${displayName(path)}" cannot be read`);
  }
}

type Result = 'rolled back' | 'finished' | 'left';

function recoverTyped(found: FoundStaging, ports: RecoveryPorts): Result {
  try {
    return recoverFound(found, ports);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw asKuraError(error, 'an interrupted restore to this target could not be undone', {
      guidance: 'See to the cause, then run the restore again.',
    });
  }
}

function recoverFound({ basePath, name }: FoundStaging, ports: RecoveryPorts): Result {
  const { posix, processes = systemProcesses } = ports;
  const base = posix.openFolder(`${basePath}/.` as ByteString);
  try {
    const status = posix.statusAt(base, name);
    if (status?.type !== 'folder' || status.uid !== USER) return 'left';
    const journal = readJournal(posix, { base, basePath, name });
    if (journal !== undefined && processes.isAlive(journal.owner)) {
      throw new KuraError('busy', `another restore to "${displayName(basePath)}" is running`, {
        guidance: 'Wait for it to end, or stop it.',
      });
    }
    return settleStaging({ posix, base, name, journal });
  } finally {
    posix.close(base);
  }
}

export function readJournal(
  posix: RestorePosix,
  at: { readonly base: Descriptor; readonly basePath: ByteString; readonly name: ByteString },
): Journal | undefined {
  const folder = posix.openFolderAt(at.base, at.name);
  try {
    const status = posix.statusAt(folder, JOURNAL);
    if (status?.type !== 'file') return undefined;
    const file = posix.openRead(`${at.basePath}/${at.name}/${JOURNAL}` as ByteString);
    try {
      const opened = posix.statusOf(file);
      if (opened.inode !== status.inode || opened.device !== status.device) return undefined;
      if (opened.sizeBytes > MAX_JOURNAL_BYTES) return undefined;
      const bytes = new Uint8Array(opened.sizeBytes);
      return decodeJournal(bytes.subarray(0, posix.read(file, bytes, 0)));
    } finally {
      posix.close(file);
    }
  } finally {
    posix.close(folder);
  }
}

/** Undoes what a journal says, if it was not done, and clears the staging folder away. */
export function settleStaging(options: {
  readonly posix: RestorePosix;
  readonly base: Descriptor;
  readonly name: ByteString;
  readonly journal: Journal | undefined;
}): Result {
  const { posix, base, name, journal } = options;
  if (journal?.isDone === true) {
    return removeStaging(posix, base, name) ? 'finished' : 'left';
  }
  if (journal?.folders !== undefined) undoJournal(options, journal.folders);
  refuseFullUndo(options);
  const isRemoved = removeStaging(posix, base, name);
  try {
    posix.setTimes(base, folderTimeOf(name));
  } catch (error) {
    // Another user's folder that we may write to: its time is theirs to set.
    if (errnoOf(error) !== 'EPERM') throw error;
  }
  return isRemoved ? 'rolled back' : 'left';
}

/** What lies there is the only copy of something, and no journal says where it belongs. */
function refuseFullUndo(options: {
  readonly posix: RestorePosix;
  readonly base: Descriptor;
  readonly name: ByteString;
}): void {
  const { posix, base, name } = options;
  const folder = posix.openFolderAt(base, name);
  try {
    if (posix.statusAt(folder, UNDO)?.type !== 'folder') return;
    const undo = posix.openFolderAt(folder, UNDO);
    try {
      if (posix.readFolderOf(undo).length === 0) return;
    } finally {
      posix.close(undo);
    }
  } finally {
    posix.close(folder);
  }
  throw new KuraError('corrupt', 'an interrupted restore left files whose journal is damaged', {
    guidance: `Look into "${displayName(name)}/undo" for what is missing, then remove that folder.`,
  });
}

function undoJournal(
  options: { readonly posix: RestorePosix; readonly base: Descriptor; readonly name: ByteString },
  folders: NonNullable<Journal['folders']>,
): void {
  const { posix, base, name } = options;
  const opened: Descriptor[] = [posix.openFolderAt(base, name)];
  const open = (child: ByteString): Descriptor => {
    const file = posix.openFolderAt(opened[0] ?? base, child);
    opened.push(file);
    return file;
  };
  try {
    const staged = new FolderCursor(posix, open(TREE));
    const standing = new FolderCursor(posix, base);
    undoMoves({ posix, folders, standing, staged, undo: open(UNDO) });
    // Without a journal the rest is waste. With one, a second rollback would take what it does not find
    // in a half-removed tree for moved, and move away what has just been put back.
    const folder = opened[0] ?? base;
    posix.unlinkAt(folder, JOURNAL);
    posix.sync(folder);
  } finally {
    for (const file of opened) posix.close(file);
  }
}
