// What statx says about an entry of an open folder: its structure is the same on every
// architecture, unlike that of stat. Paths from the root are left to node:fs, which is as fast.
import type { ByteString } from '@kura/base';
import { fileTypeOf } from '../files.ts';
import type { Descriptor, FileStatus } from '../types.ts';
import { AT_SYMLINK_NOFOLLOW, ENOENT, type Libc } from './libc.ts';

const STATX_BYTES = 256;
const STATX_BASIC_STATS = 0x7ff;
const NS_PER_S = 1_000_000_000n;

/** As glibc's makedev and node:fs have it. */
function deviceOf(major: number, minor: number): bigint {
  const low = ((BigInt(minor) & 0xffff_ff00n) << 12n) | ((BigInt(major) & 0xfffn) << 8n);
  return ((BigInt(major) & 0xffff_f000n) << 32n) | low | (BigInt(minor) & 0xffn);
}

export function createStatusAt(libc: Libc) {
  const bytes = new Uint8Array(new ArrayBuffer(STATX_BYTES));
  const view = new DataView(bytes.buffer);
  const u32 = (at: number): number => view.getUint32(at, true);
  const u64 = (at: number): bigint => view.getBigUint64(at, true);
  const timeNs = (at: number): bigint =>
    view.getBigInt64(at, true) * NS_PER_S + BigInt(u32(at + 8));

  return (folder: Descriptor, name: ByteString): FileStatus | undefined => {
    const path = libc.path(name);
    const { statx } = libc.calls;
    const result = statx(folder, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, bytes);
    if (result < 0 && libc.errno() === ENOENT) return undefined;
    libc.check(result, 'statx', name);
    const mode = view.getUint16(28, true);
    return {
      type: fileTypeOf(mode),
      mode: mode & 0o7777,
      uid: u32(20),
      gid: u32(24),
      sizeBytes: Number(u64(40)),
      blocks: Number(u64(48)),
      mtimeNs: timeNs(112),
      ctimeNs: timeNs(96),
      inode: u64(32),
      device: deviceOf(u32(136), u32(140)),
      links: u32(16),
      deviceNumber: deviceOf(u32(128), u32(132)),
    };
  };
}
