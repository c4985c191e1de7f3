// The undo journal: written and synced before the first move, so that whoever finds it can put back what
// was there, any number of times. It plans; what was done is read off the folders themselves: a staged
// name that is gone was moved in, a numbered name in undo/ was moved out.
//
//   header  "kurajrnl" ‖ u8 version = 1 ‖ owner (varint + bytes) ‖ u32 crc of the header
//   plan    u32 length ‖ u32 crc ‖ varint folders, then per folder: names, attributes, swaps
//   end     "kuradone" once everything is in place and durable
//
// A header alone means that nothing was moved. Checksums find torn writes; forged journals are kept out by
// the ownership of the staging folder (recover.ts) and could name nothing outside the target.
import { crc32 } from 'node:zlib';
import {
  ByteReader,
  type ByteString,
  ByteWriter,
  MAX_NAME_BYTES,
  MAX_TREE_DEPTH,
  MAX_XATTR_BYTES,
} from '@kura/base';
import type { ExtendedAttribute } from '@kura/native';
import { isPlainName } from './entry-check.ts';

/** One name of a folder: what is there goes to undo/, what is staged takes its place; or only one of the two. */
export interface Swap {
  readonly name: ByteString;
  /** Number in undo/ of what was there. */
  readonly undo: number | undefined;
  /** Something staged moves in. */
  readonly movesIn: boolean;
}

/** A standing folder that the restore changes, as it was. */
export interface JournalFolder {
  /** Names from the base down. */
  readonly path: readonly ByteString[];
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: bigint;
  /** Undefined if the restore leaves them alone. */
  readonly attributes: readonly ExtendedAttribute[] | undefined;
  readonly swaps: readonly Swap[];
}

export interface Journal {
  readonly owner: string;
  /** Undefined: nothing was moved. */
  readonly folders: readonly JournalFolder[] | undefined;
  readonly isDone: boolean;
}

const MAGIC = 'kurajrnl';
const END = Buffer.from('kuradone', 'latin1');
const VERSION = 1;
/** A swap takes some 30 bytes: 30 million of them. */
const MAX_PLAN_BYTES = 1 << 30;
const MAX_OWNER_BYTES = 4096;
/** A file larger than this is no journal. */
export const MAX_JOURNAL_BYTES = MAX_PLAN_BYTES + 4 * MAX_OWNER_BYTES;
const HAS_ATTRIBUTES = 1;
const MOVES_IN = 1;
const MOVES_OUT = 2;

export function encodeJournalHeader(owner: string): Uint8Array {
  const writer = new ByteWriter(2 * MAX_OWNER_BYTES);
  writer.raw(Buffer.from(MAGIC, 'latin1'));
  writer.u8(VERSION);
  writer.latin1(owner);
  writer.u32(crc32(writer.bytes()));
  return writer.bytes();
}

export const JOURNAL_END: Uint8Array = END;

export function encodePlan(folders: readonly JournalFolder[]): Uint8Array {
  const writer = new ByteWriter(MAX_PLAN_BYTES, 1 << 16);
  writer.u32(0);
  writer.u32(0);
  writer.varint(folders.length);
  for (const folder of folders) encodeFolder(writer, folder);
  const bytes = writer.bytes();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(0, bytes.length - PLAN_HEAD_BYTES, true);
  view.setUint32(4, crc32(bytes.subarray(PLAN_HEAD_BYTES)), true);
  return bytes;
}

const PLAN_HEAD_BYTES = 8;

function encodeFolder(writer: ByteWriter, folder: JournalFolder): void {
  writer.varint(folder.path.length);
  for (const name of folder.path) writer.latin1(name);
  writer.u8(folder.attributes === undefined ? 0 : HAS_ATTRIBUTES);
  writer.u16(folder.mode);
  writer.varint(folder.uid);
  writer.varint(folder.gid);
  writer.i64(folder.mtimeNs);
  if (folder.attributes !== undefined) {
    writer.varint(folder.attributes.length);
    for (const { name, value } of folder.attributes) {
      writer.latin1(name);
      writer.block(value);
    }
  }
  writer.varint(folder.swaps.length);
  for (const { name, undo, movesIn } of folder.swaps) {
    writer.u8((movesIn ? MOVES_IN : 0) | (undo === undefined ? 0 : MOVES_OUT));
    writer.latin1(name);
    if (undo !== undefined) writer.varint(undo);
  }
}

/** Undefined if the header is torn: then its owner was killed before it did anything. */
export function decodeJournal(bytes: Uint8Array): Journal | undefined {
  const owner = decodeHeader(bytes);
  if (owner === undefined) return undefined;
  const rest = bytes.subarray(owner.length);
  if (rest.length < PLAN_HEAD_BYTES)
    return { owner: owner.name, folders: undefined, isDone: false };
  const head = new ByteReader(rest, 'restore journal');
  const length = head.u32();
  const crc = head.u32();
  const isWhole = length <= head.remaining;
  if (!isWhole || crc32(rest.subarray(PLAN_HEAD_BYTES, PLAN_HEAD_BYTES + length)) !== crc) {
    return { owner: owner.name, folders: undefined, isDone: false };
  }
  const folders = decodePlan(head.raw(length));
  const isDone = head.remaining >= END.length && Buffer.compare(head.raw(END.length), END) === 0;
  return { owner: owner.name, folders, isDone };
}

function decodeHeader(
  bytes: Uint8Array,
): { readonly name: string; readonly length: number } | undefined {
  try {
    const reader = new ByteReader(bytes, 'restore journal');
    const magic = Buffer.from(reader.raw(MAGIC.length)).toString('latin1');
    if (magic !== MAGIC || reader.u8() !== VERSION) return undefined;
    const name = reader.latin1(MAX_OWNER_BYTES);
    const crc = crc32(bytes.subarray(0, reader.position));
    return reader.u32() === crc ? { name, length: reader.position } : undefined;
  } catch {
    return undefined;
  }
}

function decodePlan(bytes: Uint8Array): JournalFolder[] {
  const reader = new ByteReader(bytes, 'restore journal');
  const folders: JournalFolder[] = [];
  for (let count = reader.count(16); count > 0; count--) folders.push(decodeFolder(reader));
  reader.end();
  return folders;
}

function decodeFolder(reader: ByteReader): JournalFolder {
  const path: ByteString[] = [];
  const depth = reader.count(2);
  if (depth > 2 * MAX_TREE_DEPTH) reader.fail('a path is too long');
  for (let index = 0; index < depth; index++) path.push(decodeName(reader));
  const flags = reader.u8();
  const mode = reader.u16();
  const uid = reader.varint();
  const gid = reader.varint();
  const mtimeNs = reader.i64();
  const attributes = (flags & HAS_ATTRIBUTES) === 0 ? undefined : decodeAttributes(reader);
  const swaps: Swap[] = [];
  for (let count = reader.count(3); count > 0; count--) {
    const kind = reader.u8();
    const name = decodeName(reader);
    const undo = (kind & MOVES_OUT) === 0 ? undefined : reader.varint();
    swaps.push({ name, undo, movesIn: (kind & MOVES_IN) !== 0 });
  }
  return { path, mode, uid, gid, mtimeNs, attributes, swaps };
}

function decodeAttributes(reader: ByteReader): ExtendedAttribute[] {
  const attributes: ExtendedAttribute[] = [];
  for (let count = reader.count(2); count > 0; count--) {
    const name = reader.latin1(MAX_NAME_BYTES) as ByteString;
    attributes.push({ name, value: new Uint8Array(reader.block(MAX_XATTR_BYTES)) });
  }
  return attributes;
}

/** A name that stays in its folder, whoever wrote the journal. */
function decodeName(reader: ByteReader): ByteString {
  const name = reader.latin1(MAX_NAME_BYTES) as ByteString;
  if (!isPlainName(name)) reader.fail('a name leads elsewhere');
  return name;
}
