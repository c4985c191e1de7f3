import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChunkId, must, type PackId } from '@kura/base';
import type { DirectoryFrame } from '@kura/format';
import { ChunkPlaces } from './chunk-places.ts';

/** An id that begins and ends as told. */
function idOf(first: number, last: number): ChunkId {
  const id = new Uint8Array(32);
  id[0] = first;
  id[31] = last;
  return id as ChunkId;
}

function frameOf(offset: number, ids: readonly ChunkId[]): DirectoryFrame {
  const chunks = ids.map((id, index) => ({ id, length: index + 1 }));
  const plainBytes = chunks.reduce((sum, { length }) => sum + length, 0);
  return { codec: 'raw', storedBytes: plainBytes, plainBytes, kind: 'data', offset, chunks };
}

describe('places of chunks', () => {
  it('are found for every chunk of every frame, also where ids begin alike, and for no other', () => {
    const ids = Array.from({ length: 300 }, (_, index) => idOf(index % 3, index % 256));
    const distinct = ids.slice(0, 256);
    const frames = [frameOf(0, distinct.slice(0, 100)), frameOf(500, distinct.slice(100))];
    const places = new ChunkPlaces({ packId: 'pack' as PackId, leafCount: 1, frames });
    for (const frame of frames) {
      let offset = 0;
      for (const [index, { id, length }] of frame.chunks.entries()) {
        assert.deepEqual(must(places.find(id), 'a place'), { frame, index, offset, length });
        offset += length;
      }
    }
    assert.equal(places.find(idOf(0, 1)), undefined);
    assert.equal(places.find(idOf(9, 9)), undefined);
  });

  it('of a pack without chunks are none', () => {
    const places = new ChunkPlaces({ packId: 'pack' as PackId, leafCount: 1, frames: [] });
    assert.equal(places.find(idOf(1, 1)), undefined);
  });
});
