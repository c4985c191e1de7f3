// The list of frames and chunks at the end of every pack: with it an index can be rebuilt from
// packs alone. Every number is checked against the pack's size before it is used; offsets follow
// from the order.
import {
  assert,
  ByteReader,
  ByteWriter,
  type ChunkId,
  KuraError,
  type NetworkShape,
  type PackId,
  STANDARD_SHAPE,
} from '@kura/base';
import { CHUNK_ID_BYTES, kindNumber } from './ids.ts';
import { FOOTER_BYTES, payloadCapacity } from './pack-layout.ts';
import {
  CHUNK_KINDS,
  type DirectoryChunk,
  type DirectoryFrame,
  type PackDirectory,
} from './types.ts';

const VERSION = 1;
const CODECS = ['raw', 'zstd'] as const;
/** Codec, stored, plain, kind, chunks: a byte each at least, and one chunk. */
const MIN_FRAME_BYTES = 5 + CHUNK_ID_BYTES + 1;
const MIN_CHUNK_BYTES = CHUNK_ID_BYTES + 1;
/**
 * The maximum chunk of any network; a frame that claims more is refused before memory is taken for
 * it.
 */
export const MAX_FRAME_BYTES = STANDARD_SHAPE.maxChunkBytes;

export type FrameFields = Omit<DirectoryFrame, 'offset'>;

/** Bytes of a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Version and frame count. */
export function directoryHeadBytes(frames: number): number {
  return 1 + varintBytes(frames);
}

/** What one frame takes in the directory. */
export function directoryFrameBytes(frame: FrameFields): number {
  let bytes = 2 + varintBytes(frame.storedBytes) + varintBytes(frame.plainBytes);
  bytes += varintBytes(frame.chunks.length);
  for (const chunk of frame.chunks) bytes += CHUNK_ID_BYTES + varintBytes(chunk.length);
  return bytes;
}

/** The most that a frame with these figures can take in the directory. */
export function maxDirectoryFrameBytes(storedBytes: number, chunkCount: number): number {
  const longest = varintBytes(MAX_FRAME_BYTES);
  const head = 2 + varintBytes(storedBytes) + longest + varintBytes(chunkCount);
  return head + chunkCount * (CHUNK_ID_BYTES + longest);
}

export function encodeDirectory(frames: readonly FrameFields[]): Uint8Array {
  let sizeBytes = directoryHeadBytes(frames.length);
  for (const frame of frames) sizeBytes += directoryFrameBytes(frame);
  const writer = new ByteWriter(sizeBytes, sizeBytes);
  writer.u8(VERSION);
  writer.varint(frames.length);
  for (const frame of frames) {
    writer.u8(CODECS.indexOf(frame.codec));
    writer.varint(frame.storedBytes);
    writer.varint(frame.plainBytes);
    writer.u8(kindNumber(frame.kind));
    writer.varint(frame.chunks.length);
    for (const chunk of frame.chunks) {
      writer.raw(chunk.id);
      writer.varint(chunk.length);
    }
  }
  assert(writer.length === sizeBytes, 'a directory of another length than computed');
  return writer.bytes();
}

export interface DirectoryInput {
  readonly bytes: Uint8Array;
  readonly packId: PackId;
  readonly leafCount: number;
  readonly shape: NetworkShape;
}

/** Chunk ids are views of `bytes`. Throws `corrupt`. */
export function decodeDirectory({
  bytes,
  packId,
  leafCount,
  shape,
}: DirectoryInput): PackDirectory {
  const reader = new ByteReader(bytes, 'pack directory');
  const version = reader.u8();
  if (version > VERSION) {
    throw new KuraError('unsupported', `the pack directory is of version ${version}`, {
      guidance: 'Read it with the version of Kura that wrote it, or a newer one.',
    });
  }
  if (version !== VERSION) reader.fail('there is no such version');
  const room = payloadCapacity(shape, leafCount) - FOOTER_BYTES - bytes.length;
  const frames: DirectoryFrame[] = [];
  let offset = 0;
  for (let left = reader.count(MIN_FRAME_BYTES); left > 0; left--) {
    const frame = readFrame(reader, offset);
    offset += frame.storedBytes;
    if (offset > room) reader.fail('its frames exceed the pack');
    frames.push(frame);
  }
  reader.end();
  return { packId, leafCount, frames };
}

function readFrame(reader: ByteReader, offset: number): DirectoryFrame {
  const codec = CODECS[reader.u8()] ?? reader.fail('an unknown codec');
  const storedBytes = reader.varint();
  const plainBytes = reader.varint();
  const kind = CHUNK_KINDS[reader.u8()] ?? reader.fail('an unknown kind of chunk');
  if (plainBytes > MAX_FRAME_BYTES) reader.fail(`a frame is longer than ${MAX_FRAME_BYTES} bytes`);
  if (storedBytes === 0) reader.fail('a frame without bytes');
  if (codec === 'raw' && storedBytes !== plainBytes) reader.fail('a raw frame of two lengths');
  if (storedBytes > plainBytes) reader.fail('a frame that grew when compressed');
  const count = reader.count(MIN_CHUNK_BYTES);
  const chunks: DirectoryChunk[] = [];
  let total = 0;
  for (let index = 0; index < count; index++) {
    const id = reader.raw(CHUNK_ID_BYTES) as ChunkId;
    const length = reader.varint();
    if (length === 0) reader.fail('an empty chunk');
    total += length;
    chunks.push({ id, length });
  }
  if (total !== plainBytes) reader.fail('chunks that do not add up to their frame');
  return { codec, storedBytes, plainBytes, kind, offset, chunks };
}
