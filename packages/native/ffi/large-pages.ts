// Memory in the kernel's large pages. A direct write of a mebibyte of ordinary pages is 256 pieces, more than one
// request to a disk may name; of one large page it is a single piece: half of the requests, and of their cost.
import { assert, MIB } from '@kura/base';
import { allocatePages } from '../memory.ts';
import { type Ffi, keepOpen } from './library.ts';

/** What Linux backs at once on x86-64, and on arm64 with pages of 4 KiB. */
const LARGE_PAGE_BYTES = 2 * MIB;
const MADV_HUGEPAGE = 14;

const SYMBOLS = {
  madvise: { arguments: ['pointer', 'u64', 'i32'], return: 'i32' },
} as const;

/** Gives what `allocateLargePages` of `Native` promises. */
export function openLargePages(ffi: Ffi): (sizeBytes: number) => Uint8Array {
  const { lib, functions } = ffi.dlopen(null, SYMBOLS);
  keepOpen(lib);
  return (sizeBytes) => {
    assert(sizeBytes > 0, 'an empty allocation');
    const wholeBytes = Math.ceil(sizeBytes / LARGE_PAGE_BYTES) * LARGE_PAGE_BYTES;
    // One more than is wanted, so that enough of it begins on a large page; what is left over is never touched.
    const room = allocatePages(wholeBytes + LARGE_PAGE_BYTES);
    const beyond = Number(ffi.getRawPointer(room) % BigInt(LARGE_PAGE_BYTES));
    const from = beyond === 0 ? 0 : LARGE_PAGE_BYTES - beyond;
    const pages = room.subarray(from, from + wholeBytes);
    // Advice: a kernel that has no large pages, or none left, gives ordinary ones.
    functions.madvise(pages, BigInt(wholeBytes), MADV_HUGEPAGE);
    return pages.subarray(0, sizeBytes);
  };
}
