// From what the file system says of a file to an entry of a folder page.
import { asKuraError, type ByteString, errnoOf, KuraError } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format';
import type { ExtendedAttribute, FileStatus, Posix } from '@kura/native';
import type { ReadFile } from './line/file-reader.ts';
import type { FileProblem } from './line/tasks.ts';

const NO_TARGET = '' as ByteString;

/** Everything but content, for an entry of any type. */
function entryOf(name: ByteString, status: FileStatus): TreeEntry {
  const isDevice = status.type === 'character' || status.type === 'block';
  return {
    type: status.type,
    name,
    mode: status.mode,
    uid: status.uid,
    gid: status.gid,
    mtimeNs: status.mtimeNs,
    ctimeNs: status.ctimeNs,
    inode: status.inode,
    device: status.device,
    links: status.type === 'folder' ? 1 : status.links,
    sizeBytes: status.type === 'file' ? status.sizeBytes : 0,
    target: NO_TARGET,
    deviceNumber: isDevice ? status.deviceNumber : 0n,
    holes: [],
    attributes: [],
    isIncomplete: false,
    content: [],
    isList: false,
  };
}

export function fileEntry(name: ByteString, read: ReadFile): TreeEntry {
  return {
    ...entryOf(name, read.status),
    holes: read.holes,
    attributes: read.attributes,
    isIncomplete: read.areAttributesIncomplete,
    content: read.content,
  };
}

export interface FolderContent {
  readonly content: readonly ContentEntry[];
  readonly isList: boolean;
}

/** A folder, or a file whose content is known already. */
export function entryWithContent(options: {
  readonly name: ByteString;
  readonly status: FileStatus;
  readonly attributes: ReadAttributes;
  readonly content: FolderContent;
}): TreeEntry {
  const { name, status, attributes, content } = options;
  return { ...entryOf(name, status), ...attributes, ...content };
}

/** Links, pipes, devices and sockets: everything is in the entry. */
export function specialEntry(options: {
  readonly name: ByteString;
  readonly path: ByteString;
  readonly status: FileStatus;
  readonly posix: Posix;
}): TreeEntry {
  const { name, path, status, posix } = options;
  const target = status.type === 'symlink' ? posix.readLink(path) : NO_TARGET;
  return { ...entryOf(name, status), target, ...readAttributes(path, posix) };
}

export interface ReadAttributes {
  readonly attributes: readonly ExtendedAttribute[];
  readonly isIncomplete: boolean;
}

export function readAttributes(path: ByteString, posix: Posix): ReadAttributes {
  try {
    const isIncomplete = posix.incapabilities.has('attributes');
    return { attributes: posix.attributes(path), isIncomplete };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    // Some file systems list attributes that they then refuse to show: said at restore.
    return { attributes: [], isIncomplete: true };
  }
}

/**
 * What is told about a file that could not be read. Faults that are not the file's own (a full store, a
 * refused copy) are thrown on: they end the backup.
 */
export function asProblem(error: unknown): FileProblem {
  const errno = errnoOf(error);
  if (errno !== undefined) {
    return { code: 'source_unreadable', why: `it cannot be read: ${reasonOf(errno)}` };
  }
  if (error instanceof KuraError && error.code === 'source_changed') {
    return { code: 'source_changed', why: 'it changed while it was read' };
  }
  throw asKuraError(error, 'the backup cannot go on');
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOENT: 'it is gone',
  EIO: 'the medium has an error there',
  ELOOP: 'it became a link',
  EISDIR: 'it became a folder',
};

function reasonOf(errno: string): string {
  return REASONS[errno] ?? errno;
}
