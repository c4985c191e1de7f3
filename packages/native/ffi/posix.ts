// Files as POSIX has them, through libc. Descriptors are opened and closed here and nowhere else: a
// Node worker keeps a list of those that node:fs opened, closes them at its end, and would complain
// about ours. Names in a folder are checked right before the call, and no call follows a link in
// one.
import fs from 'node:fs';
import type { ByteString } from '@kura/base';
import { files, listFolder } from '../files.ts';
import { checkName } from '../names.ts';
import type { Descriptor, Posix, Region } from '../types.ts';
import { createAttributes } from './attributes.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, EINVAL, ENXIO, EOPNOTSUPP, type Libc } from './libc.ts';
import { createStatusAt } from './status.ts';

const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOATIME } =
  fs.constants;
const { S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK } = fs.constants;
/** The same on x64 and arm64; node:fs sets it unasked and has no name for it. */
const O_CLOEXEC = 0o2000000;
const EPERM = 1;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const AT_REMOVEDIR = 0x200;
const UTIME_OMIT = 0x3fff_fffen;
const NS_PER_S = 1_000_000_000n;
const NODE_FORMATS = { fifo: S_IFIFO, character: S_IFCHR, block: S_IFBLK, socket: S_IFSOCK };

type DescriptorPart = Pick<
  Posix,
  'openRead' | 'openFolder' | 'openFolderAt' | 'createFileAt' | 'close' | 'dataRegions'
>;

function createDescriptorPart(libc: Libc): DescriptorPart {
  const { openat, close, lseek } = libc.calls;

  function open(folder: Descriptor, path: ByteString, flags: number): Descriptor {
    const file = openat(folder, libc.path(path), flags | O_NOFOLLOW | O_CLOEXEC, 0o600);
    libc.check(file, 'open', path);
    return file;
  }

  /**
   * The next offset at or after `from` that is data (or a hole); -1 if there is none, -2 if
   * unknown.
   */
  function seek(file: Descriptor, from: number, whence: number): number {
    const found = lseek(file, BigInt(from), whence);
    if (found >= 0n) return Number(found);
    const errno = libc.errno();
    if (errno === ENXIO) return -1;
    if (errno === EINVAL || errno === EOPNOTSUPP) return -2;
    libc.check(found, 'lseek');
    return -2;
  }

  return {
    openRead(path) {
      const flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
      const encoded = libc.path(path);
      // Only an owner may read without leaving a trace in the access time.
      let file = openat(AT_FDCWD, encoded, flags | O_NOATIME, 0);
      if (file < 0 && libc.errno() === EPERM) file = openat(AT_FDCWD, encoded, flags, 0);
      libc.check(file, 'open', path);
      return file;
    },
    openFolder: (path) => open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY),
    openFolderAt(folder, name) {
      checkName(name);
      return open(folder, name, O_RDONLY | O_DIRECTORY);
    },
    createFileAt(folder, name) {
      checkName(name);
      return open(folder, name, O_RDWR | O_CREAT | O_EXCL);
    },
    close: (file) => libc.check(close(file), 'close'),
    dataRegions(file, sizeBytes) {
      const regions: Region[] = [];
      let at = 0;
      while (at < sizeBytes) {
        const offset = seek(file, at, SEEK_DATA);
        if (offset === -1 || offset >= sizeBytes) break;
        const end = offset === -2 ? -2 : seek(file, offset, SEEK_HOLE);
        if (end < 0) {
          regions.push({ offset: at, length: sizeBytes - at });
          break;
        }
        at = Math.min(end, sizeBytes);
        if (at > offset) regions.push({ offset, length: at - offset });
      }
      return regions;
    },
  };
}

type NamePart = Pick<
  Posix,
  | 'makeFolderAt'
  | 'symlinkAt'
  | 'linkAt'
  | 'makeNodeAt'
  | 'statusAt'
  | 'readFolderOf'
  | 'renameAt'
  | 'unlinkAt'
  | 'removeFolderAt'
>;

function createNamePart(libc: Libc): NamePart {
  const { mkdirat, symlinkat, linkat, mknodat, renameat, unlinkat } = libc.calls;
  const statusAt = createStatusAt(libc);
  const at = (name: ByteString): Buffer => {
    checkName(name);
    return libc.path(name);
  };
  const secondAt = (name: ByteString): Buffer => {
    checkName(name);
    return libc.secondPath(name);
  };
  return {
    makeFolderAt: (folder, name, mode) =>
      libc.check(mkdirat(folder, at(name), mode), 'mkdir', name),
    symlinkAt: (target, folder, name) =>
      libc.check(symlinkat(libc.secondPath(target), folder, at(name)), 'symlink', name),
    linkAt: (fromFolder, from, toFolder, to) =>
      libc.check(linkat(fromFolder, at(from), toFolder, secondAt(to), 0), 'link', to),
    makeNodeAt(folder, name, type, mode, deviceNumber) {
      const result = mknodat(folder, at(name), NODE_FORMATS[type] | mode, deviceNumber);
      libc.check(result, 'mknod', name);
    },
    statusAt(folder, name) {
      checkName(name);
      return statusAt(folder, name);
    },
    readFolderOf: (folder) => listFolder(`/proc/self/fd/${folder}`),
    renameAt: (fromFolder, from, toFolder, to) =>
      libc.check(renameat(fromFolder, at(from), toFolder, secondAt(to)), 'rename', from),
    unlinkAt: (folder, name) => libc.check(unlinkat(folder, at(name), 0), 'unlink', name),
    removeFolderAt: (folder, name) =>
      libc.check(unlinkat(folder, at(name), AT_REMOVEDIR), 'rmdir', name),
  };
}

type MetadataPart = Pick<Posix, 'setOwnerAt' | 'setModeAt' | 'setTimesAt' | 'setTimes'>;

function createMetadataPart(libc: Libc): MetadataPart {
  const statusAt = createStatusAt(libc);
  const { fchownat, fchmodat, utimensat, futimens } = libc.calls;
  /** Two timespecs: the access time stays as it is, the other is set. */
  const times = new BigInt64Array(new ArrayBuffer(32));
  times[1] = UTIME_OMIT;

  function timesFor(mtimeNs: bigint): BigInt64Array {
    const nanoseconds = ((mtimeNs % NS_PER_S) + NS_PER_S) % NS_PER_S; // before 1970, too
    times[2] = (mtimeNs - nanoseconds) / NS_PER_S;
    times[3] = nanoseconds;
    return times;
  }

  return {
    setOwnerAt(folder, name, uid, gid) {
      checkName(name);
      const result = fchownat(folder, libc.path(name), uid, gid, AT_SYMLINK_NOFOLLOW);
      libc.check(result, 'chown', name);
    },
    setModeAt(folder, name, mode) {
      checkName(name);
      const result = fchmodat(folder, libc.path(name), mode, AT_SYMLINK_NOFOLLOW);
      const isRefused = result < 0 && libc.errno() === EOPNOTSUPP;
      if (isRefused && statusAt(folder, name)?.type === 'symlink') return; // links have no mode
      libc.check(result, 'chmod', name);
    },
    setTimesAt(folder, name, mtimeNs) {
      checkName(name);
      const path = libc.path(name);
      const result = utimensat(folder, path, timesFor(mtimeNs), AT_SYMLINK_NOFOLLOW);
      libc.check(result, 'utimensat', name);
    },
    setTimes: (file, mtimeNs) => libc.check(futimens(file, timesFor(mtimeNs)), 'futimens'),
  };
}

export function createFfiPosix(libc: Libc): Posix {
  return {
    ...files,
    ...createDescriptorPart(libc),
    ...createNamePart(libc),
    ...createMetadataPart(libc),
    ...createAttributes(libc),
    syncFileSystem: (file) => libc.check(libc.calls.syncfs(file), 'syncfs'),
    incapabilities: new Set(),
  };
}
