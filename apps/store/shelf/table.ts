// The leaf table at the end of a shelf file: whose copy it is, its root, and a hash of every leaf
// and parity leaf. Its own hash finds decay; it proves nothing about who wrote it. Two copies of
// it stand in every file, so that one may rot.
import {
  ByteReader,
  type CopyId,
  copyId,
  equalBytes,
  fromHex,
  type MemberId,
  memberId,
  toHex,
} from '@kura/base';
import type { Bulk } from '@kura/native';
import { HASH_BYTES, type ShelfGeometry, TABLE_HEAD_BYTES } from './layout.ts';

const MAGIC = Buffer.from('kuraleaf', 'latin1');
const VERSION = 1;
const ID_BYTES = 32;
const MEMBER_BYTES = 16;
const COPY_ID_AT = 24;
const MEMBER_AT = COPY_ID_AT + ID_BYTES;
const ROOT_AT = MEMBER_AT + MEMBER_BYTES;

export interface LeafTable {
  readonly copyId: CopyId;
  readonly memberId: MemberId;
  /** RFC 6962 head over the leaf hashes, 32 bytes. */
  readonly root: Uint8Array;
  /** One SHA-256 per leaf, concatenated. */
  readonly leafHashes: Uint8Array;
  /** One SHA-256 per parity leaf, in file order. */
  readonly parityHashes: Uint8Array;
}

/** Writes `geometry.tableBytes` to the beginning of `into`. */
export function encodeTable(
  table: LeafTable,
  geometry: ShelfGeometry,
  { bulk, into }: { readonly bulk: Bulk; readonly into: Uint8Array },
): void {
  const view = new DataView(into.buffer, into.byteOffset, geometry.tableBytes);
  into.fill(0, 0, geometry.tableBytes);
  into.set(MAGIC, 0);
  view.setUint16(8, VERSION, true);
  view.setUint32(12, geometry.leafBytes, true);
  view.setUint32(16, geometry.leafCount, true);
  view.setUint32(20, geometry.parityLeafCount, true);
  into.set(fromHex(table.copyId), COPY_ID_AT);
  into.set(fromHex(table.memberId), MEMBER_AT);
  into.set(table.root, ROOT_AT);
  into.set(table.leafHashes, TABLE_HEAD_BYTES);
  const parityAt = TABLE_HEAD_BYTES + table.leafHashes.length;
  into.set(table.parityHashes, parityAt);
  const end = parityAt + table.parityHashes.length;
  bulk.sha256(into.subarray(0, end), into.subarray(end, end + HASH_BYTES));
}

/** Fields are copies, so `bytes` may be reused. Throws `corrupt`. */
export function decodeTable(bytes: Uint8Array, geometry: ShelfGeometry, bulk: Bulk): LeafTable {
  const reader = new ByteReader(bytes.subarray(0, geometry.tableBytes), 'leaf table');
  if (!equalBytes(reader.raw(MAGIC.length), MAGIC)) reader.fail('it does not begin as one');
  if (reader.u16() !== VERSION) reader.fail('its version is unknown');
  if (reader.u16() !== 0) reader.fail('reserved bytes are not zero');
  if (reader.u32() !== geometry.leafBytes) reader.fail('its leaves have another size');
  if (reader.u32() !== geometry.leafCount) reader.fail('it counts other leaves than its file has');
  if (reader.u32() !== geometry.parityLeafCount) reader.fail('its parity is not what follows');
  const id = reader.raw(ID_BYTES);
  const member = reader.raw(MEMBER_BYTES);
  const root = reader.raw(HASH_BYTES);
  const leafHashes = reader.raw(geometry.leafCount * HASH_BYTES);
  const parityHashes = reader.raw(geometry.parityLeafCount * HASH_BYTES);
  const own = new Uint8Array(HASH_BYTES);
  bulk.sha256(bytes.subarray(0, reader.position), own);
  if (!equalBytes(reader.raw(HASH_BYTES), own)) reader.fail('its own hash does not hold');
  const padding = reader.raw(reader.remaining);
  if (padding.some((byte) => byte !== 0)) reader.fail('its padding is not zero');
  return {
    copyId: copyId(toHex(id)),
    memberId: memberId(toHex(member)),
    root: root.slice(),
    leafHashes: leafHashes.slice(),
    parityHashes: parityHashes.slice(),
  };
}
