// The fields of folder pages and content lists, read one by one: everything is bounded before it is used,
// and built only if the caller gives an array to build it in. Other than ByteReader this reader can go back
// and skip without making views, since a page is walked far more often than it is turned into objects.
import type { ByteString, ChunkId } from '@kura/base';
import { KuraError, MAX_NAME_BYTES, MAX_PATH_BYTES, MAX_XATTR_BYTES, MAX_XATTRS } from '@kura/base';
import type { ExtendedAttribute } from '@kura/native';
import * as layout from './page-layout.ts';
import type { ContentEntry, TreeEntry } from './types.ts';

const SLASH = 47;
const DOT = 46;

export type Hole = TreeEntry['holes'][number];

export class FieldReader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly #buffer: Buffer;
  readonly #noun: string;
  at = 0;

  constructor(bytes: Uint8Array, noun: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#noun = noun;
  }

  /** Steps over `count` bytes; where they begin. */
  take(count: number): number {
    const at = this.at;
    if (count > this.bytes.length - at) this.fail('it ends too early');
    this.at = at + count;
    return at;
  }

  u8(): number {
    return this.view.getUint8(this.take(1));
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  varint(): number {
    const first = this.u8();
    if (first < 128) return first;
    let value = first & 127;
    let scale = 128;
    for (let index = 1; index < 8; index++) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (!Number.isSafeInteger(value)) this.fail('a number is out of range');
        return value;
      }
      scale *= 128;
    }
    return this.fail('a number is too long');
  }

  /** A varint that must not exceed `max`. */
  bounded(max: number, what: string): number {
    const value = this.varint();
    if (value > max) this.fail(`${what} is out of bounds`);
    return value;
  }

  /** A count of things that take at least `minBytesEach`: bounded before anything is allocated. */
  count(minBytesEach: number): number {
    const value = this.varint();
    if (value * minBytesEach > this.bytes.length - this.at) {
      this.fail('it claims more than it has bytes for');
    }
    return value;
  }

  latin1(begin: number, end: number): ByteString {
    return this.#buffer.toString('latin1', begin, end) as ByteString;
  }

  hasNul(begin: number, end: number): boolean {
    for (let index = begin; index < end; index++) if (this.bytes[index] === 0) return true;
    return false;
  }

  end(): void {
    if (this.at !== this.bytes.length) this.fail('bytes are left over');
  }

  fail(what: string): never {
    throw new KuraError('corrupt', `a ${this.#noun} is damaged: ${what} at byte ${this.at}`, {
      guidance: 'Read it from another copy: kura check --repair.',
    });
  }

  failHostile(what: string): never {
    throw new KuraError('hostile', `a ${this.#noun} is hostile: ${what} at byte ${this.at}`, {
      guidance: 'Do not restore this snapshot; find out which device wrote it.',
    });
  }
}

/**
 * Reads a name and refuses what cannot be a name, or is not after the name in [previousAt, previousEnd):
 * ascending order proves that no name comes twice. The name is the last thing read; where it begins.
 */
export function readName(reader: FieldReader, previousAt: number, previousEnd: number): number {
  const length = reader.bounded(MAX_NAME_BYTES, 'the length of a name');
  const at = reader.take(length);
  const bytes = reader.bytes;
  let isAfter = previousEnd === previousAt;
  for (let index = 0; index < length; index++) {
    const byte = bytes[at + index] ?? 0;
    if (byte === SLASH || byte === 0) reader.failHostile('a name holds a slash or NUL');
    if (isAfter) continue;
    const previous = previousAt + index < previousEnd ? (bytes[previousAt + index] ?? 0) : -1;
    if (byte < previous) reader.fail('names are out of order');
    isAfter = byte > previous;
  }
  const isDots = bytes[at] === DOT && (length === 1 || (length === 2 && bytes[at + 1] === DOT));
  if (length === 0 || isDots) reader.failHostile('a name is empty, "." or ".."');
  if (!isAfter) reader.fail('names are out of order or twice');
  return at;
}

export function readTarget(reader: FieldReader): ByteString {
  const length = reader.bounded(MAX_PATH_BYTES, "the length of a link's target");
  const at = reader.take(length);
  if (reader.hasNul(at, at + length)) reader.failHostile("a link's target holds NUL");
  return reader.latin1(at, at + length);
}

/** Returns the bytes in holes, all of which lie within `sizeBytes`. */
export function readHoles(
  reader: FieldReader,
  sizeBytes: number,
  into: Hole[] | undefined,
): number {
  const count = reader.count(2);
  if (count === 0 || count > layout.MAX_HOLES) reader.fail('the number of holes is out of bounds');
  let offset = 0;
  let total = 0;
  for (let index = 0; index < count; index++) {
    const gap = reader.varint();
    const length = reader.varint();
    if ((gap === 0 && index > 0) || length === 0) reader.fail('holes touch or are empty');
    offset += gap;
    into?.push({ offset, length });
    offset += length;
    total += length;
    if (offset > sizeBytes) reader.fail('a hole ends beyond the file');
  }
  return total;
}

export function readAttributes(reader: FieldReader, into: ExtendedAttribute[] | undefined): void {
  const count = reader.count(3);
  if (count === 0 || count > MAX_XATTRS) reader.fail('the number of attributes is out of bounds');
  const begin = reader.at;
  let previous = '';
  for (let index = 0; index < count; index++) {
    const nameLength = reader.bounded(
      layout.MAX_XATTR_NAME_BYTES,
      "the length of an attribute's name",
    );
    const nameAt = reader.take(nameLength);
    if (reader.hasNul(nameAt, nameAt + nameLength))
      reader.failHostile("an attribute's name holds NUL");
    const name = reader.latin1(nameAt, nameAt + nameLength);
    if (name <= previous) reader.fail('attributes are empty, out of order or twice');
    previous = name;
    const valueLength = reader.bounded(MAX_XATTR_BYTES, "the length of an attribute's value");
    const valueAt = reader.take(valueLength);
    into?.push({ name, value: reader.bytes.subarray(valueAt, valueAt + valueLength) });
  }
  if (reader.at - begin > layout.MAX_ENTRY_XATTR_BYTES) reader.fail('attributes are too long');
}

/** Returns the sum of the lengths. Ids are views. */
export function readContent(reader: FieldReader, into: ContentEntry[] | undefined): number {
  const count = reader.count(layout.MIN_CONTENT_BYTES);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const at = reader.take(layout.CHUNK_ID_BYTES);
    const length = reader.bounded(layout.MAX_PAGE_BYTES, 'the length of a chunk');
    if (length === 0) reader.fail('a chunk is empty');
    total += length;
    into?.push({ id: reader.bytes.subarray(at, at + layout.CHUNK_ID_BYTES) as ChunkId, length });
  }
  return total;
}
