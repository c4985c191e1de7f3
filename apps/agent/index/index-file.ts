// The agent's index on disk: one sealed record per acknowledged pack, naming the chunks in it. One file
// per session, only ever appended to, so that several agents can write at once. A torn or foreign
// record ends the file: what it would have said is read from the stores instead.
import {
  type ChunkId,
  type Disk,
  errnoOf,
  fromHex,
  KuraError,
  type PackId,
  type Random,
  toHex,
} from '@kura/base';
import { readSealedLog, SealedLogWriter } from './sealed-log.ts';

export interface IndexRecord {
  readonly packId: PackId;
  readonly leafCount: number;
  /** Holds folder pages, lists or snapshots: worth keeping a copy of at home. */
  readonly isFolderPack: boolean;
  /** 32 bytes per chunk, concatenated. */
  readonly chunkIds: Uint8Array;
}

const PURPOSE = 'index';
const ID_BYTES = 32;
const HEAD_BYTES = ID_BYTES + 4 + 1;
const SUFFIX = '.idx';

export function encodeIndexRecord(record: IndexRecord): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + record.chunkIds.length);
  bytes.set(fromHex(record.packId));
  new DataView(bytes.buffer).setUint32(ID_BYTES, record.leafCount, true);
  bytes[ID_BYTES + 4] = record.isFolderPack ? 1 : 0;
  bytes.set(record.chunkIds, HEAD_BYTES);
  return bytes;
}

export function decodeIndexRecord(bytes: Uint8Array): IndexRecord {
  if (bytes.length < HEAD_BYTES || (bytes.length - HEAD_BYTES) % ID_BYTES !== 0) {
    throw new KuraError('corrupt', 'an index record is damaged');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    packId: toHex(bytes.subarray(0, ID_BYTES)) as PackId,
    leafCount: view.getUint32(ID_BYTES, true),
    isFolderPack: bytes[ID_BYTES + 4] === 1,
    chunkIds: bytes.subarray(HEAD_BYTES),
  };
}

/** 32 bytes each, one after the other. */
export function joinChunkIds(ids: readonly ChunkId[]): Uint8Array {
  const joined = new Uint8Array(ids.length * ID_BYTES);
  for (const [index, id] of ids.entries()) joined.set(id, index * ID_BYTES);
  return joined;
}

export function* chunkIdsOf(record: IndexRecord): Generator<ChunkId> {
  for (let at = 0; at < record.chunkIds.length; at += ID_BYTES) {
    yield record.chunkIds.subarray(at, at + ID_BYTES) as ChunkId;
  }
}

export interface IndexAccess {
  readonly disk: Disk;
  readonly folder: string;
  readonly localKey: Uint8Array;
}

/** Appends the records of one session; the file appears with the first. */
export class IndexWriter {
  readonly #log: SealedLogWriter;

  constructor(access: IndexAccess & { readonly random: Random }) {
    const { disk, folder, localKey, random } = access;
    disk.makeFolder(folder);
    const path = `${folder}/${toHex(random.bytes(16))}${SUFFIX}`;
    this.#log = new SealedLogWriter({ disk, path, localKey, purpose: PURPOSE, random });
  }

  append(record: IndexRecord): void {
    this.#log.append(encodeIndexRecord(record));
  }

  close(): void {
    this.#log.close();
  }

  /** Closes, and takes back what was appended. */
  discard(): void {
    this.#log.discard();
  }
}

/** All records that can still be read, file by file. */
export function* readIndex(access: IndexAccess): Generator<IndexRecord> {
  for (const path of indexFiles(access)) yield* readIndexFile(path, access);
}

/** Paths of the files, in the order in which they are read; none if the folder cannot be listed. */
export function indexFiles({ disk, folder }: IndexAccess): readonly string[] {
  try {
    const names = disk.list(folder).map((entry) => entry.name);
    return names
      .filter((name) => name.endsWith(SUFFIX))
      .sort()
      .map((name) => `${folder}/${name}`);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

/** Records of one file, up to the first that cannot be read. */
export function readIndexFile(
  path: string,
  { disk, localKey }: IndexAccess,
): Generator<IndexRecord> {
  return recordsOf(readSealedLog({ disk, path, localKey, purpose: PURPOSE }));
}

/** Up to the first that is none, as with one that is torn. */
function* recordsOf(log: Iterable<Uint8Array>): Generator<IndexRecord> {
  for (const bytes of log) {
    const record = tryDecode(bytes);
    if (record === undefined) return;
    yield record;
  }
}

function tryDecode(bytes: Uint8Array): IndexRecord | undefined {
  try {
    return decodeIndexRecord(bytes);
  } catch (error) {
    if (error instanceof KuraError && error.code === 'corrupt') return undefined;
    throw error;
  }
}
