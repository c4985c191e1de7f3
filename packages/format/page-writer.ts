// Writes the fields of folder pages into bytes whose number is known before: sizes first, then one
// allocation and no growing. Asserts what readers check, since an unreadable page must never be written.
import type { ByteString } from '@kura/base';
import { assert, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_XATTR_BYTES, MAX_XATTRS } from '@kura/base';
import * as layout from './page-layout.ts';
import type { ContentEntry, TreeEntry } from './types.ts';

const TYPE_NUMBERS: ReadonlyMap<string, number> = new Map(
  layout.FILE_TYPES.map((type, number) => [type, number]),
);

export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  let count = 4;
  for (let rest = value / 0x1000_0000; rest >= 1; rest /= 128) count++;
  return count;
}

function blockBytes(length: number): number {
  return varintBytes(length) + length;
}

export function contentBytes(content: readonly ContentEntry[]): number {
  let total = varintBytes(content.length) + content.length * layout.CHUNK_ID_BYTES;
  for (const { length } of content) total += varintBytes(length);
  return total;
}

function holeBytes(holes: TreeEntry['holes']): number {
  let total = varintBytes(holes.length);
  let end = 0;
  for (const { offset, length } of holes) {
    total += varintBytes(offset - end) + varintBytes(length);
    end = offset + length;
  }
  return total;
}

function attributeBytes(attributes: TreeEntry['attributes']): number {
  let total = 0;
  for (const { name, value } of attributes)
    total += blockBytes(name.length) + blockBytes(value.length);
  assert(total <= layout.MAX_ENTRY_XATTR_BYTES, 'attributes of an entry are too long');
  return varintBytes(attributes.length) + total;
}

/** Exactly what `PageWriter.entry` writes. */
export function entryBytes(entry: TreeEntry): number {
  let total = 2 + blockBytes(entry.name.length) + 2 + layout.TIMES_BYTES;
  total += varintBytes(entry.uid) + varintBytes(entry.gid) + varintBytes(entry.sizeBytes);
  if (entry.links > 1) total += varintBytes(entry.links);
  if (entry.type === 'symlink') total += blockBytes(entry.target.length);
  if (entry.type === 'character' || entry.type === 'block') total += 8;
  if (entry.holes.length > 0) total += holeBytes(entry.holes);
  if (entry.attributes.length > 0) total += attributeBytes(entry.attributes);
  if (entry.type === 'file' || entry.type === 'folder') total += contentBytes(entry.content);
  return total;
}

export class PageWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** The bytes, all of which were written. */
  finish(): Uint8Array {
    assert(this.#at === this.#bytes.length, 'a page has another length than was computed');
    return this.#bytes;
  }

  u8(value: number): void {
    this.#view.setUint8(this.#at++, value);
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.u8((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.u8(rest);
  }

  content(content: readonly ContentEntry[]): number {
    let total = 0;
    this.varint(content.length);
    for (const { id, length } of content) {
      assert(id.length === layout.CHUNK_ID_BYTES, 'a chunk id of another length');
      assert(length > 0 && length <= layout.MAX_PAGE_BYTES, 'an impossible length of a chunk');
      this.#bytes.set(id, this.#at);
      this.#at += layout.CHUNK_ID_BYTES;
      this.varint(length);
      total += length;
    }
    return total;
  }

  entry(entry: TreeEntry): void {
    this.#head(entry);
    if (entry.type === 'symlink') {
      assert(entry.target.length <= MAX_PATH_BYTES, "a link's target is too long");
      assert(!entry.target.includes('\0'), "a link's target holds NUL");
      this.#latin1(entry.target);
    }
    if (entry.type === 'character' || entry.type === 'block') this.#u64(entry.deviceNumber);
    const holes = entry.holes.length === 0 ? 0 : this.#holes(entry);
    if (entry.attributes.length > 0) this.#attributes(entry.attributes);
    if (entry.type !== 'file' && entry.type !== 'folder') return;
    const content = this.content(entry.content);
    if (entry.type === 'file' && !entry.isList) {
      assert(holes + content === entry.sizeBytes, 'contents do not add up to the size of the file');
    }
  }

  #head(entry: TreeEntry): void {
    const isFile = entry.type === 'file';
    assert(isFile || (entry.sizeBytes === 0 && entry.holes.length === 0), 'only files have data');
    assert(isFile || entry.type === 'folder' || !entry.isList, 'a content list without content');
    assert(entry.type !== 'folder' || entry.links === 1, 'folders are saved with one link');
    this.u8(TYPE_NUMBERS.get(entry.type) ?? 0);
    this.u8(
      (entry.holes.length > 0 ? layout.FLAG_HOLES : 0) |
        (entry.attributes.length > 0 ? layout.FLAG_ATTRIBUTES : 0) |
        (entry.links > 1 ? layout.FLAG_LINKED : 0) |
        (entry.isList ? layout.FLAG_LIST : 0) |
        (entry.isIncomplete ? layout.FLAG_INCOMPLETE : 0),
    );
    assert(isName(entry.name), 'a name that cannot be one');
    this.#latin1(entry.name);
    assert((entry.mode & ~layout.MAX_MODE) === 0, 'a mode has unknown bits');
    this.#view.setUint16(this.#at, entry.mode, true);
    this.#at += 2;
    this.varint(entry.uid);
    this.varint(entry.gid);
    this.#view.setBigInt64(this.#at, entry.mtimeNs, true);
    this.#view.setBigInt64(this.#at + 8, entry.ctimeNs, true);
    this.#at += 16;
    this.#u64(entry.inode);
    this.#u64(entry.device);
    if (entry.links > 1) this.varint(entry.links);
    this.varint(entry.sizeBytes);
  }

  #holes(entry: TreeEntry): number {
    assert(entry.holes.length <= layout.MAX_HOLES, 'a file has too many holes');
    this.varint(entry.holes.length);
    let end = 0;
    let total = 0;
    for (const { offset, length } of entry.holes) {
      assert((offset > end || total === 0) && length > 0, 'holes touch, overlap or are empty');
      this.varint(offset - end);
      this.varint(length);
      end = offset + length;
      total += length;
    }
    assert(end <= entry.sizeBytes, 'a hole ends beyond the file');
    return total;
  }

  #attributes(attributes: TreeEntry['attributes']): void {
    assert(attributes.length <= MAX_XATTRS, 'an entry has too many attributes');
    this.varint(attributes.length);
    let previous = '';
    for (const { name, value } of attributes) {
      assert(
        name > previous && name.length <= layout.MAX_XATTR_NAME_BYTES,
        'attributes out of order',
      );
      assert(value.length <= MAX_XATTR_BYTES, 'an attribute is too long');
      assert(!name.includes('\0'), "an attribute's name holds NUL");
      previous = name;
      this.#latin1(name);
      this.varint(value.length);
      this.#bytes.set(value, this.#at);
      this.#at += value.length;
    }
  }

  #u64(value: bigint): void {
    this.#view.setBigUint64(this.#at, value, true);
    this.#at += 8;
  }

  /** Character by character: for names as short as they are, faster than a call out of JavaScript. */
  #latin1(text: ByteString): void {
    this.varint(text.length);
    let seen = 0;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      seen |= code;
      this.#view.setUint8(this.#at++, code);
    }
    assert(seen < 256, 'a byte string with a character that is no byte');
  }
}

function isName(name: ByteString): boolean {
  return (
    name.length > 0 &&
    name.length <= MAX_NAME_BYTES &&
    name !== '.' &&
    name !== '..' &&
    !name.includes('/') &&
    !name.includes('\0')
  );
}
