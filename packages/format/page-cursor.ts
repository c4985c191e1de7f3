// The one decoder of folder pages: walks the bytes entry by entry, checks everything, builds nothing that
// is not asked for. An unchanged tree is compared through its getters; `entry()` makes the whole object.
// Getters are valid after `next()` returned true. Ids and attribute values are views of the page's bytes.
import type { ByteString } from '@kura/base';
import type { ExtendedAttribute, FileType } from '@kura/native';
import type { Hole } from './page-fields.ts';
import {
  FieldReader,
  readAttributes,
  readContent,
  readHoles,
  readName,
  readTarget,
} from './page-fields.ts';
import * as layout from './page-layout.ts';
import type { ContentEntry, TreeEntry } from './types.ts';

/** What comes after the size; filled only for `entry()`. */
interface Tail {
  target: ByteString;
  deviceNumber: bigint;
  readonly holes: Hole[];
  readonly attributes: ExtendedAttribute[];
  readonly content: ContentEntry[];
}

export class PageCursor {
  /** How many entries the page says it has. */
  readonly count: number;
  readonly #reader: FieldReader;
  #left: number;
  #type = 0;
  #flags = 0;
  #nameAt = 0;
  #nameEnd = 0;
  #mode = 0;
  #uid = 0;
  #gid = 0;
  #timesAt = 0;
  #links = 1;
  #size = 0;
  #entryAt = 0;
  #entryEnd = 0;
  #tailAt = 0;
  #contentAt = 0;

  constructor(bytes: Uint8Array) {
    this.#reader = new FieldReader(bytes, 'folder page');
    const version = this.#reader.u8();
    if (version !== layout.PAGE_VERSION) this.#reader.fail(`version ${version} is unknown`);
    this.count = this.#reader.count(layout.MIN_ENTRY_BYTES);
    this.#left = this.count;
  }

  /** Enters and checks the next entry; false after the last, when no byte may be left over. */
  next(): boolean {
    if (this.#left === 0) {
      this.#reader.end();
      return false;
    }
    this.#left--;
    this.#entryAt = this.#reader.at;
    this.#readHead();
    this.#tailAt = this.#reader.at;
    this.#readTail(undefined);
    this.#entryEnd = this.#reader.at;
    return true;
  }

  get type(): FileType {
    return layout.FILE_TYPES[this.#type] ?? this.#reader.fail('a type is unknown');
  }

  get name(): ByteString {
    return this.#reader.latin1(this.#nameAt, this.#nameEnd);
  }

  get mode(): number {
    return this.#mode;
  }

  get uid(): number {
    return this.#uid;
  }

  get gid(): number {
    return this.#gid;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  get links(): number {
    return this.#links;
  }

  /** Content is in lists: `everyChunk` sees the lists, not the chunks. */
  get isList(): boolean {
    return (this.#flags & layout.FLAG_LIST) !== 0;
  }

  /** The entry as it stands in the page. */
  get entryBytes(): Uint8Array {
    return this.#reader.bytes.subarray(this.#entryAt, this.#entryEnd);
  }

  get isIncomplete(): boolean {
    return (this.#flags & layout.FLAG_INCOMPLETE) !== 0;
  }

  get mtimeNs(): bigint {
    return this.#reader.view.getBigInt64(this.#timesAt, true);
  }

  get ctimeNs(): bigint {
    return this.#reader.view.getBigInt64(this.#timesAt + 8, true);
  }

  get inode(): bigint {
    return this.#reader.view.getBigUint64(this.#timesAt + 16, true);
  }

  get device(): bigint {
    return this.#reader.view.getBigUint64(this.#timesAt + 24, true);
  }

  /** Below 0, 0 or above 0 as this entry's name sorts before, at or after `name`; makes no string. */
  compareName(name: ByteString): number {
    const length = this.#nameEnd - this.#nameAt;
    const shared = Math.min(length, name.length);
    for (let index = 0; index < shared; index++) {
      const difference = (this.#reader.bytes[this.#nameAt + index] ?? 0) - name.charCodeAt(index);
      if (difference !== 0) return difference;
    }
    return length - name.length;
  }

  /** True if `test` holds for the id of every chunk of a file's or folder's content: where in `bytes` it begins. */
  everyChunk(test: (bytes: Uint8Array, at: number) => boolean): boolean {
    if (this.#type !== layout.TYPE_FILE && this.#type !== layout.TYPE_FOLDER) return true;
    const reader = this.#reader;
    reader.at = this.#contentAt;
    const count = reader.count(layout.MIN_CONTENT_BYTES);
    let holds = true;
    for (let index = 0; index < count && holds; index++) {
      const at = reader.take(layout.CHUNK_ID_BYTES);
      reader.varint();
      holds = test(reader.bytes, at);
    }
    reader.at = this.#entryEnd;
    return holds;
  }

  /** The current entry as an object. */
  entry(): TreeEntry {
    const tail: Tail = {
      target: '' as ByteString,
      deviceNumber: 0n,
      holes: [],
      attributes: [],
      content: [],
    };
    this.#reader.at = this.#tailAt;
    this.#readTail(tail);
    return {
      type: this.type,
      name: this.name,
      mode: this.#mode,
      uid: this.#uid,
      gid: this.#gid,
      mtimeNs: this.mtimeNs,
      ctimeNs: this.ctimeNs,
      inode: this.inode,
      device: this.device,
      links: this.#links,
      sizeBytes: this.#size,
      target: tail.target,
      deviceNumber: tail.deviceNumber,
      holes: tail.holes,
      attributes: tail.attributes,
      isIncomplete: this.isIncomplete,
      content: tail.content,
      isList: (this.#flags & layout.FLAG_LIST) !== 0,
    };
  }

  #readHead(): void {
    const reader = this.#reader;
    this.#type = reader.u8();
    if (this.#type >= layout.FILE_TYPES.length) reader.fail('a type is unknown');
    this.#flags = reader.u8();
    this.#nameAt = readName(reader, this.#nameAt, this.#nameEnd);
    this.#nameEnd = reader.at;
    this.#mode = reader.u16();
    if (this.#mode > layout.MAX_MODE) reader.fail('a mode has unknown bits');
    this.#uid = reader.bounded(layout.MAX_OWNER, 'an owner');
    this.#gid = reader.bounded(layout.MAX_OWNER, 'a group');
    this.#timesAt = reader.take(layout.TIMES_BYTES);
    const isLinked = (this.#flags & layout.FLAG_LINKED) !== 0;
    this.#links = isLinked ? reader.bounded(layout.MAX_LINKS, 'the number of links') : 1;
    if (isLinked && this.#links < 2) reader.fail('a hard-linked entry has one link');
    this.#size = reader.varint();
    this.#checkFlags();
  }

  #checkFlags(): void {
    const isFile = this.#type === layout.TYPE_FILE;
    const isFolder = this.#type === layout.TYPE_FOLDER;
    const allowed =
      layout.FLAG_ATTRIBUTES |
      layout.FLAG_INCOMPLETE |
      (isFile ? layout.FLAG_HOLES : 0) |
      (isFile || isFolder ? layout.FLAG_LIST : 0) |
      (isFolder ? 0 : layout.FLAG_LINKED);
    if ((this.#flags & ~allowed) !== 0)
      this.#reader.fail('a flag is unknown or does not fit the type');
    if (!isFile && this.#size !== 0) this.#reader.fail('an entry that is no file has a size');
  }

  /** Kept in `into` if given, else only checked. */
  #readTail(into: Tail | undefined): void {
    const reader = this.#reader;
    const type = this.#type;
    if (type === layout.TYPE_SYMLINK) {
      const target = readTarget(reader);
      if (into !== undefined) into.target = target;
    } else if (type === layout.TYPE_CHARACTER || type === layout.TYPE_BLOCK) {
      const at = reader.take(8);
      if (into !== undefined) into.deviceNumber = reader.view.getBigUint64(at, true);
    }
    const hasHoles = (this.#flags & layout.FLAG_HOLES) !== 0;
    const holeBytes = hasHoles ? readHoles(reader, this.#size, into?.holes) : 0;
    if ((this.#flags & layout.FLAG_ATTRIBUTES) !== 0) readAttributes(reader, into?.attributes);
    if (type !== layout.TYPE_FILE && type !== layout.TYPE_FOLDER) return;
    this.#contentAt = reader.at;
    const contentBytes = readContent(reader, into?.content);
    const isWhole = type === layout.TYPE_FILE && (this.#flags & layout.FLAG_LIST) === 0;
    if (isWhole && holeBytes + contentBytes !== this.#size) {
      reader.fail('contents and holes do not add up to the size of the file');
    }
  }
}
