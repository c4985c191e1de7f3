// libc by name: signatures of the calls that node:fs lacks or does less well, errors that look like
// Node's own, and byte strings laid out for C. One instance per thread: errno and the buffers for
// paths belong to it, and a call is over before the next one begins.
import { getSystemErrorMap } from 'node:util';
import { assert, type ByteString, displayName } from '@kura/base';
import { refuseNul } from '../names.ts';
import { type Ffi, keepOpen } from './library.ts';

const AT_PATH = ['i32', 'pointer'] as const;

const SYMBOLS = {
  __errno_location: { arguments: [], return: 'pointer' },
  openat: { arguments: [...AT_PATH, 'i32', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  statx: { arguments: [...AT_PATH, 'i32', 'u32', 'pointer'], return: 'i32' },
  lseek: { arguments: ['i32', 'i64', 'i32'], return: 'i64' },
  mkdirat: { arguments: [...AT_PATH, 'u32'], return: 'i32' },
  mknodat: { arguments: [...AT_PATH, 'u32', 'u64'], return: 'i32' },
  symlinkat: { arguments: ['pointer', ...AT_PATH], return: 'i32' },
  linkat: { arguments: [...AT_PATH, ...AT_PATH, 'i32'], return: 'i32' },
  renameat: { arguments: [...AT_PATH, ...AT_PATH], return: 'i32' },
  unlinkat: { arguments: [...AT_PATH, 'i32'], return: 'i32' },
  fchownat: { arguments: [...AT_PATH, 'u32', 'u32', 'i32'], return: 'i32' },
  fchmodat: { arguments: [...AT_PATH, 'u32', 'i32'], return: 'i32' },
  utimensat: { arguments: [...AT_PATH, 'pointer', 'i32'], return: 'i32' },
  futimens: { arguments: ['i32', 'pointer'], return: 'i32' },
  llistxattr: { arguments: ['pointer', 'pointer', 'u64'], return: 'i64' },
  flistxattr: { arguments: ['i32', 'pointer', 'u64'], return: 'i64' },
  lgetxattr: { arguments: ['pointer', 'pointer', 'pointer', 'u64'], return: 'i64' },
  fgetxattr: { arguments: ['i32', 'pointer', 'pointer', 'u64'], return: 'i64' },
  lsetxattr: { arguments: ['pointer', 'pointer', 'pointer', 'u64', 'i32'], return: 'i32' },
  fremovexattr: { arguments: ['i32', 'pointer'], return: 'i32' },
  syncfs: { arguments: ['i32'], return: 'i32' },
  fsetxattr: { arguments: ['i32', 'pointer', 'pointer', 'u64', 'i32'], return: 'i32' },
} as const;

/** Linux takes no longer path, terminator included. */
const PATH_MAX = 4096;
const ENAMETOOLONG = 36;

export const ENOENT = 2;
export const ENXIO = 6;
export const EINVAL = 22;
export const ENODATA = 61;
export const EOPNOTSUPP = 95;
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;

/** Same shape as an error of node:fs. */
function systemError(errno: number, syscall: string, path: ByteString | undefined): Error {
  const [code, reason] = getSystemErrorMap().get(-errno) ?? [`E${errno}`, 'unknown error'];
  const shown = path === undefined ? undefined : displayName(path);
  const message = `${code}: ${reason}, ${syscall}${shown === undefined ? '' : ` '${shown}'`}`;
  const facts = { errno: -errno, code, syscall };
  return Object.assign(new Error(message), shown === undefined ? facts : { ...facts, path: shown });
}

/** A place to lay out one path at a time, terminated by NUL. */
class PathBuffer {
  readonly #bytes = Buffer.alloc(PATH_MAX);

  encode(path: string): Buffer {
    refuseNul(path);
    if (path.length >= PATH_MAX) throw systemError(ENAMETOOLONG, 'path', path as ByteString);
    this.#bytes.write(path, 0, 'latin1');
    this.#bytes[path.length] = 0;
    return this.#bytes;
  }
}

export function openLibc(ffi: Ffi) {
  const { lib, functions } = ffi.dlopen(null, SYMBOLS);
  keepOpen(lib);
  const errnoPointer = functions.__errno_location();
  assert(errnoPointer !== 0n, 'libc has no errno');
  const first = new PathBuffer();
  const second = new PathBuffer();
  const errno = (): number => ffi.getInt32(errnoPointer, 0);
  return {
    calls: functions,
    /** Of the call that has just failed on this thread; any other call may change it. */
    errno,
    /** Valid until the next call of the same function. */
    path: (path: string): Buffer => first.encode(path),
    secondPath: (path: string): Buffer => second.encode(path),
    /** Throws unless `result` says success. */
    check(result: number | bigint, syscall: string, path?: ByteString): void {
      if (result < 0) throw systemError(errno(), syscall, path);
    },
  };
}

export type Libc = ReturnType<typeof openLibc>;
