// The part of Posix where node:fs is as good as libc: whatever works on a descriptor or only reads.
// Both implementations use it. Everything that creates or changes a name is theirs.
import fs, { type BigIntStats, type Dirent } from 'node:fs';
import type { ByteString } from '@kura/base';
import { assert, errnoOf } from '@kura/base';
import { toNodePath } from './names.ts';
import type { Descriptor, DirectoryEntry, FileStatus, FileType, Posix } from './types.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = fs.constants;
/** Not on every system; 0 changes nothing. */
const NO_ATIME = fs.constants.O_NOATIME ?? 0;
const FORMAT_MASK = 0o170000;

const TYPES: Readonly<Record<number, FileType>> = {
  [fs.constants.S_IFREG]: 'file',
  [fs.constants.S_IFDIR]: 'folder',
  [fs.constants.S_IFLNK]: 'symlink',
  [fs.constants.S_IFIFO]: 'fifo',
  [fs.constants.S_IFCHR]: 'character',
  [fs.constants.S_IFBLK]: 'block',
  [fs.constants.S_IFSOCK]: 'socket',
};

/** The type in the upper bits of st_mode; a kind that no system of ours has is a plain error. */
export function fileTypeOf(mode: number): FileType {
  const type = TYPES[mode & FORMAT_MASK];
  assert(type !== undefined, `a file of unknown type (mode ${mode.toString(8)})`);
  return type;
}

export function toFileStatus(stats: BigIntStats): FileStatus {
  const mode = Number(stats.mode);
  return {
    type: fileTypeOf(mode),
    mode: mode & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    sizeBytes: Number(stats.size),
    blocks: Number(stats.blocks),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    inode: stats.ino,
    device: stats.dev,
    links: Number(stats.nlink),
    deviceNumber: stats.rdev,
  };
}

function direntType(entry: Dirent): FileType | undefined {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (entry.isSymbolicLink()) return 'symlink';
  if (entry.isFIFO()) return 'fifo';
  if (entry.isSocket()) return 'socket';
  if (entry.isCharacterDevice()) return 'character';
  if (entry.isBlockDevice()) return 'block';
  return undefined;
}

/** Sorted by bytes: in a latin1 string a character is a byte. */
export function listFolder(path: string | Buffer): DirectoryEntry[] {
  const options = { encoding: 'latin1', withFileTypes: true } as const;
  const entries = fs.readdirSync(path, options).map((entry) => ({
    name: entry.name as ByteString,
    type: direntType(entry),
  }));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Only an owner may read without leaving a trace in the access time. */
function openRead(path: ByteString): Descriptor {
  const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
  const nodePath = toNodePath(path);
  try {
    return fs.openSync(nodePath, flags | NO_ATIME);
  } catch (error) {
    if (NO_ATIME === 0 || errnoOf(error) !== 'EPERM') throw error;
    return fs.openSync(nodePath, flags);
  }
}

function write(file: Descriptor, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const written = fs.writeSync(file, bytes, done, bytes.length - done, position + done);
    assert(written > 0, 'a write made no progress');
    done += written;
  }
}

function read(file: Descriptor, into: Uint8Array, position: number): number {
  let done = 0;
  while (done < into.length) {
    const got = fs.readSync(file, into, done, into.length - done, position + done);
    if (got === 0) break;
    done += got;
  }
  return done;
}

export type FilesPart = Pick<
  Posix,
  | 'status'
  | 'statusOf'
  | 'readFolder'
  | 'readNames'
  | 'readLink'
  | 'openRead'
  | 'read'
  | 'close'
  | 'openFolder'
  | 'write'
  | 'truncate'
  | 'sync'
  | 'setOwner'
  | 'setMode'
  | 'freeBytes'
>;

export const files: FilesPart = {
  status(path) {
    const options = { bigint: true, throwIfNoEntry: false } as const;
    const stats = fs.lstatSync(toNodePath(path), options);
    return stats === undefined ? undefined : toFileStatus(stats);
  },
  statusOf: (file) => toFileStatus(fs.fstatSync(file, { bigint: true })),
  readFolder: (path) => listFolder(toNodePath(path)),
  readNames: (path) => fs.readdirSync(toNodePath(path), 'latin1').sort() as ByteString[],
  readLink: (path) => fs.readlinkSync(toNodePath(path), 'latin1') as ByteString,
  openRead,
  read,
  close: (file) => fs.closeSync(file),
  openFolder: (path) => fs.openSync(toNodePath(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
  write,
  truncate: (file, sizeBytes) => fs.ftruncateSync(file, sizeBytes),
  sync: (file) => fs.fsyncSync(file),
  setOwner: (file, uid, gid) => fs.fchownSync(file, uid, gid),
  setMode: (file, mode) => fs.fchmodSync(file, mode),
  freeBytes(path) {
    const { bavail, bsize } = fs.statfsSync(toNodePath(path));
    return bavail * bsize;
  },
};
