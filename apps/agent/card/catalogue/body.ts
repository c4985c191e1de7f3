// A catalogue as bytes (docs/design/card.md): which packs a member has, where their copies lie and under which roots,
// which snapshots stand, and where the stores are. It holds names and keys of copies, and no file's name.
import {
  ByteReader,
  ByteWriter,
  fromHex,
  KuraError,
  MAX_STORES,
  type PackId,
  packId,
  type SnapshotId,
  type StoreId,
  toHex,
  utf8,
} from '@kura/base';
import type { PackRow, SnapshotRow } from '@kura/contract';
import { type CardStore, cardStore } from '@kura/contract/wire/card-store.ts';
import { snapshotRow } from '@kura/contract/wire/endpoints/custody.ts';
import { list, optional, record } from '@kura/contract/wire/shape.ts';
import { snapshotIdShape } from '@kura/contract/wire/shapes.ts';
import { RECORD_FRAME_BYTES, type RecordForm } from '@kura/format';

export interface Catalogue {
  readonly number: number;
  /** Of the first part of the whole catalogue that this one builds on; of its own first part if it is whole. */
  readonly whole: number;
  /** From 1; only whole ones have several. */
  readonly part: number;
  readonly parts: number;
  /** Ticks of the coordinator: rows that changed after `since`, as they were at `until`. 0 in a whole one. */
  readonly since: number;
  readonly until: number;
  readonly stores: readonly CardStore[];
  /** All that stand; of a whole catalogue in parts, only in the first. */
  readonly snapshots: readonly SnapshotRow[];
  /** All that left the history, as the device knew it; of several parts, only in the first. */
  readonly forgotten: readonly SnapshotId[];
  readonly packs: readonly CataloguedPack[];
  readonly dropped: readonly PackId[];
}

export interface CataloguedPack {
  readonly packId: PackId;
  readonly leafCount: number;
  readonly copies: readonly { readonly storeId: StoreId; readonly root: Uint8Array }[];
}

const VERSION = 1;
const ID_BYTES = 32;
const ROOT_BYTES = 32;
const COPY_BYTES = 2 + ROOT_BYTES;
const ROW_HEAD_BYTES = ID_BYTES + 2 + 1;
const MAX_SNAPSHOTS = 100_000;
/** The largest pack has a little less room. */
const MAX_RECORD_BYTES = 15 * 1024 * 1024;
const MAX_BODY_BYTES = MAX_RECORD_BYTES - RECORD_FRAME_BYTES;

export const CATALOGUE_FORM: RecordForm = {
  noun: 'catalogue',
  domain: utf8('kura/1 catalogue\n'),
  maxBytes: MAX_RECORD_BYTES,
};

const directory = record({
  stores: list(cardStore, { maxItems: MAX_STORES }),
  snapshots: list(snapshotRow, { maxItems: MAX_SNAPSHOTS }),
  /** Absent in catalogues from before orders were kept. */
  forgotten: optional(list(snapshotIdShape, { maxItems: MAX_SNAPSHOTS })),
});

/** What is kept of a row: copies that are lost or damaged are not looked for. */
export function cataloguedPack({ packId: id, leafCount, copies }: PackRow): CataloguedPack {
  const held = copies.filter(({ state }) => state === 'held');
  return { packId: id, leafCount, copies: held.map(({ storeId, root }) => ({ storeId, root })) };
}

/** What a pack takes in a catalogue, in bytes. */
export function rowBytes({ copies }: CataloguedPack): number {
  return ROW_HEAD_BYTES + copies.length * COPY_BYTES;
}

/** Throws `too_large`. */
export function encodeCatalogue(catalogue: Catalogue): Uint8Array {
  const { number, whole, part, parts, since, until, stores, dropped } = catalogue;
  const { snapshots, forgotten } = catalogue;
  const writer = new ByteWriter(MAX_BODY_BYTES, 64 * 1024);
  writer.u8(VERSION);
  for (const value of [number, whole]) writer.u64(BigInt(value));
  for (const value of [part, parts]) writer.u16(value);
  for (const value of [since, until]) writer.u64(BigInt(value));
  writer.block(utf8(JSON.stringify(directory.write({ stores, snapshots, forgotten }))));
  const places = new Map(stores.map(({ identity }, place) => [identity.storeId, place]));
  writer.u32(catalogue.packs.length);
  for (const pack of catalogue.packs) writeRow(writer, pack, places);
  writer.u32(dropped.length);
  for (const id of dropped) writer.raw(fromHex(id));
  return writer.bytes();
}

function writeRow(
  writer: ByteWriter,
  { packId: id, leafCount, copies }: CataloguedPack,
  places: ReadonlyMap<StoreId, number>,
): void {
  // A store that nobody could address is of no use to whoever reads this.
  const known = copies.flatMap(({ storeId, root }) => {
    const place = places.get(storeId);
    return place === undefined ? [] : [{ place, root }];
  });
  writer.raw(fromHex(id));
  writer.u16(leafCount);
  writer.u8(known.length);
  for (const { place, root } of known) {
    writer.u16(place);
    writer.raw(root);
  }
}

/** Throws `corrupt`, or `unsupported` for a newer version. */
export function decodeCatalogue(body: Uint8Array): Catalogue {
  const reader = new ByteReader(body, 'catalogue');
  const version = reader.u8();
  if (version !== VERSION) {
    throw new KuraError('unsupported', 'the catalogue was written by a newer Kura', {
      guidance: 'Use the version of Kura that wrote it, or a newer one.',
    });
  }
  const number = readNumber(reader);
  const whole = readNumber(reader);
  const part = reader.u16();
  const parts = reader.u16();
  if (whole > number || part < 1 || part > parts) reader.fail('it is no part of a chain');
  const since = readNumber(reader);
  const until = readNumber(reader);
  const { stores, snapshots, forgotten = [] } = readDirectory(reader);
  const packs = readRows(reader, stores);
  const dropped = Array.from({ length: readCount(reader, ID_BYTES) }, () =>
    packId(toHex(reader.raw(ID_BYTES))),
  );
  reader.end();
  const place = { number, whole, part, parts, since, until };
  return { ...place, stores, snapshots, forgotten, packs, dropped };
}

function readNumber(reader: ByteReader): number {
  const value = Number(reader.u64());
  return Number.isSafeInteger(value) ? value : reader.fail('a number is out of range');
}

function readCount(reader: ByteReader, bytesEach: number): number {
  const count = reader.u32();
  if (count * bytesEach > reader.remaining) reader.fail('it claims more than it has bytes');
  return count;
}

function readDirectory(reader: ByteReader) {
  const json = reader.block(reader.remaining);
  try {
    return directory.read(JSON.parse(Buffer.from(json).toString('utf8')), '', 'ignored');
  } catch {
    return reader.fail('its stores and snapshots are not what this version writes');
  }
}

function readRows(reader: ByteReader, stores: readonly CardStore[]): CataloguedPack[] {
  const rows: CataloguedPack[] = [];
  for (let left = readCount(reader, ROW_HEAD_BYTES); left > 0; left--) {
    const id = packId(toHex(reader.raw(ID_BYTES)));
    const leafCount = reader.u16();
    const copies = Array.from({ length: reader.u8() }, () => {
      const storeId = stores[reader.u16()]?.identity.storeId;
      const root = reader.raw(ROOT_BYTES).slice();
      return storeId === undefined
        ? reader.fail('it names a store that is not in it')
        : { storeId, root };
    });
    rows.push({ packId: id, leafCount, copies });
  }
  return rows;
}
