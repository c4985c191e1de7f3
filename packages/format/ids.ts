// Names of chunks: a keyed hash of the plaintext, another key for every kind. Whoever reads a chunk
// checks its name; nothing here knows where a chunk lies.
import type { ChunkId } from '@kura/base';
import type { ChunkIdKeys } from '@kura/member-seal';
import type { Bulk } from '@kura/native';
import type { ChunkKind } from './types.ts';

export const CHUNK_ID_BYTES = 32;

/** Position = number in the formats. */
const KIND_NUMBERS: Readonly<Record<ChunkKind, 0 | 1 | 2 | 3>> = {
  data: 0,
  folder: 1,
  snapshot: 2,
  list: 3,
};

export function kindNumber(kind: ChunkKind): 0 | 1 | 2 | 3 {
  return KIND_NUMBERS[kind];
}

/** Four parameters, not an object: it is the hottest call of a backup. */
export function chunkIdOf(
  bulk: Bulk,
  keys: ChunkIdKeys,
  kind: ChunkKind,
  plaintext: Uint8Array,
): ChunkId {
  const id = new Uint8Array(CHUNK_ID_BYTES);
  bulk.hmacSha256(keys[KIND_NUMBERS[kind]], plaintext, id);
  return id as ChunkId;
}

/** The same for several chunks of a kind: faster than one after the other. */
export function chunkIdsOf(
  bulk: Bulk,
  keys: ChunkIdKeys,
  kind: ChunkKind,
  plaintexts: readonly Uint8Array[],
): readonly ChunkId[] {
  const ids = new Uint8Array(plaintexts.length * CHUNK_ID_BYTES);
  bulk.hmacSha256Each(keys[KIND_NUMBERS[kind]], plaintexts, ids);
  return plaintexts.map(
    (_, index) => ids.slice(index * CHUNK_ID_BYTES, (index + 1) * CHUNK_ID_BYTES) as ChunkId,
  );
}
