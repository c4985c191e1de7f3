// The last gate before the disk: names, structure and sizes of a folder's entries, whoever decoded them.
// A name that is fine here is one component, in one byte per character, and means nothing to the system
// but itself. Anything else is `hostile`, and nothing is written.
import {
  type ByteString,
  displayName,
  KuraError,
  MAX_NAME_BYTES,
  MAX_PATH_BYTES,
  MAX_XATTR_BYTES,
  MAX_XATTRS,
} from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';

/** Every byte but NUL and "/"; characters above 255 would turn into other bytes on the way to the disk. */
const NAME = /^[\x01-\x2e\x30-\xff]+$/;
const TARGET = /^[\x01-\xff]+$/;
const MAX_ID = 0xffffffff;
const MAX_MODE = 0o7777;
const MIN_TIME = -(2n ** 63n);
const MAX_TIME = 2n ** 63n - 1n;
const MAX_DEVICE = 2n ** 64n - 1n;

export function isPlainName(name: ByteString): boolean {
  return NAME.test(name) && name !== '.' && name !== '..' && name.length <= MAX_NAME_BYTES;
}

function refuse(folder: ByteString, what: string): never {
  const where = folder === '' ? 'the snapshot’s root' : `"${displayName(folder)}"`;
  throw new KuraError('hostile', `a folder in the snapshot is not safe to restore: ${what}`, {
    guidance: `Restore the rest by excluding ${where}, and ask who wrote this snapshot.`,
    context: { folder: displayName(folder) },
  });
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** Bytes of data: the size without the holes. Refuses holes that overlap, touch or exceed the size. */
export function dataBytesOf(entry: TreeEntry): number {
  let end = -1;
  let holeBytes = 0;
  for (const hole of entry.holes) {
    const isFine = isCount(hole.offset) && isCount(hole.length) && hole.length > 0;
    if (!isFine || hole.offset <= end) return -1;
    end = hole.offset + hole.length;
    holeBytes += hole.length;
    if (end > entry.sizeBytes) return -1;
  }
  return entry.sizeBytes - holeBytes;
}

function checkFile(entry: TreeEntry, folder: ByteString): void {
  const dataBytes = dataBytesOf(entry);
  if (dataBytes < 0) refuse(folder, 'a file has holes that overlap or reach past its end');
  let contentBytes = 0;
  for (const { id, length } of entry.content) {
    if (id.length !== 32 || !isCount(length)) refuse(folder, 'a file names content that cannot be');
    contentBytes += length;
  }
  // Lists of entries have lengths of their own; they are added up when they are expanded.
  if (!entry.isList && contentBytes !== dataBytes) {
    refuse(folder, 'a file has more or less content than its size says');
  }
}

function checkAttributes(entry: TreeEntry, folder: ByteString): void {
  if (entry.attributes.length > MAX_XATTRS) refuse(folder, 'an entry has too many attributes');
  for (const { name, value } of entry.attributes) {
    const isFine = TARGET.test(name) && name.length <= 255 && value.length <= MAX_XATTR_BYTES;
    if (!isFine) refuse(folder, 'an entry has an attribute that cannot be');
  }
}

const TYPES = new Set(['file', 'folder', 'symlink', 'fifo', 'character', 'block', 'socket']);

function checkEntry(entry: TreeEntry, folder: ByteString): void {
  if (!TYPES.has(entry.type)) refuse(folder, 'an entry has a type that nobody knows');
  if (!isPlainName(entry.name)) refuse(folder, 'an entry has a name that leads elsewhere');
  if (!isCount(entry.sizeBytes)) refuse(folder, 'an entry has a size that cannot be');
  if (!isCount(entry.mode) || entry.mode > MAX_MODE) refuse(folder, 'an entry has an unknown mode');
  const hasOwner = isCount(entry.uid) && isCount(entry.gid);
  if (!hasOwner || entry.uid > MAX_ID || entry.gid > MAX_ID) {
    refuse(folder, 'an entry has an owner that cannot be');
  }
  if (entry.deviceNumber < 0n || entry.deviceNumber > MAX_DEVICE) {
    refuse(folder, 'a device has a number that cannot be');
  }
  if (entry.mtimeNs < MIN_TIME || entry.mtimeNs > MAX_TIME)
    refuse(folder, 'a time is out of range');
  if (entry.attributes.length > 0) checkAttributes(entry, folder);
  if (entry.type === 'file') checkFile(entry, folder);
  else if (entry.type === 'symlink') {
    const isFine = TARGET.test(entry.target) && entry.target.length <= MAX_PATH_BYTES;
    if (!isFine) refuse(folder, 'a symbolic link has a target that cannot be');
  }
}

/** Throws `hostile` unless every entry is one that a folder can have, in ascending order of names. */
export function checkEntries(entries: readonly TreeEntry[], folder: ByteString): void {
  let previous = '';
  for (const entry of entries) {
    checkEntry(entry, folder);
    // Out of order or twice: the second could be written through the first.
    if (entry.name <= previous) refuse(folder, 'names are out of order or come twice');
    previous = entry.name;
  }
}
