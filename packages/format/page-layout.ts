// What the writer and the reader of folder pages share: numbers of types and flags, and the bounds on
// everything that is counted. Not the codec itself. The byte layout is docs/design/format.md, "Folder page".
import { KIB, MIB, STANDARD_SHAPE } from '@kura/base';
import type { FileType } from '@kura/native';

export const PAGE_VERSION = 1;

/** Position = number in the page. */
export const FILE_TYPES = [
  'file',
  'folder',
  'symlink',
  'fifo',
  'character',
  'block',
  'socket',
] as const satisfies readonly FileType[];

export const TYPE_FILE = 0;
export const TYPE_FOLDER = 1;
export const TYPE_SYMLINK = 2;
export const TYPE_CHARACTER = 4;
export const TYPE_BLOCK = 5;

export const FLAG_HOLES = 1;
export const FLAG_ATTRIBUTES = 2;
export const FLAG_LINKED = 4;
export const FLAG_LIST = 8;
export const FLAG_INCOMPLETE = 16;

/** mtime, ctime, inode, device: four 64-bit fields in a row. */
export const TIMES_BYTES = 32;
/** type, flags, 1 + 1 of name, mode, uid, gid, the four above, size: no entry is shorter. */
export const MIN_ENTRY_BYTES = 2 + 2 + 2 + 1 + 1 + TIMES_BYTES + 1;
export const CHUNK_ID_BYTES = 32;
/** Id and a length of one byte. */
export const MIN_CONTENT_BYTES = CHUNK_ID_BYTES + 1;
export const MAX_MODE = 0o7777;
export const MAX_OWNER = 0xffff_ffff;

/** A page is a chunk, and no chunk of any network is longer. One entry alone may fill a page. */
export const MAX_PAGE_BYTES = STANDARD_SHAPE.maxChunkBytes;
/** Linux: XATTR_NAME_MAX. */
export const MAX_XATTR_NAME_BYTES = 255;
/** All names and values of one entry together; more would not fit a page beside content and holes. */
export const MAX_ENTRY_XATTR_BYTES = 2 * MIB;
/** 16 bytes each at worst: 1 MiB of page. A file with more holes is saved with its smallest filled. */
export const MAX_HOLES = 64 * KIB;
/** Contents longer than this go into lists (flag 8), so that a page is not rewritten with each chunk. */
export const MAX_INLINE_CONTENT = 256;
/** st_nlink is at most 32 bits on the file systems there are. */
export const MAX_LINKS = 0xffff_ffff;
/** Id and a length of four bytes, the longest that MAX_PAGE_BYTES needs. */
export const MAX_CONTENT_BYTES = CHUNK_ID_BYTES + 4;
