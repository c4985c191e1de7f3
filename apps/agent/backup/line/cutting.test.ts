// Shares, regions and streams cut the same bytes at the same places.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SMALL_SHAPE, toHex } from '@kura/base';
import { createChunker } from '@kura/format';
import { loadNative } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { chunksOf, type Region } from './region-chunker.ts';
import { type SeamReader, seamAt, shareCount } from './seam.ts';
import { chunksOfStream } from './stream-chunker.ts';

const shape = SMALL_SHAPE;
const chunkerKey = new SeededRandom(1).bytes(64);
const chunker = createChunker({ chunkerKey, shape });
const { bulk } = loadNative();
const CONTENT = new SeededRandom(2).bytes(5 * shape.shareBytes + 12_345);

/** A file that hands out at most `sliceBytes` at a time, and ends where it is told to. */
function fileOf(bytes: Uint8Array, { sliceBytes = bytes.length, endsAt = bytes.length } = {}) {
  const reader: SeamReader = {
    sizeBytes: bytes.length,
    read(into, position) {
      const end = Math.min(endsAt, position + Math.min(into.length, sliceBytes));
      const piece = bytes.subarray(position, Math.max(position, end));
      into.set(piece);
      return piece.length;
    },
  };
  return reader;
}

function cut(source: SeamReader, region: Region): { sizes: number[]; hashes: string[] } {
  const sizes: number[] = [];
  const hashes: string[] = [];
  for (const chunks of chunksOf(region, source, { chunker, shape })) {
    for (const chunk of chunks) {
      const hash = new Uint8Array(32);
      bulk.sha256(chunk, hash);
      sizes.push(chunk.length);
      hashes.push(toHex(hash));
    }
  }
  return { sizes, hashes };
}

function shares(source: SeamReader): Region[] {
  const tools = { chunker, shape };
  return Array.from({ length: shareCount(source.sizeBytes, shape) }, (_, share) => ({
    start: seamAt(share, source, tools),
    end: seamAt(share + 1, source, tools),
  }));
}

function hashesOf(bytes: Uint8Array): string[] {
  const source = fileOf(bytes);
  return shares(source).flatMap((region) => cut(source, region).hashes);
}

for (const sliceBytes of [777, 4096, 10_001]) {
  test(`seams and chunks do not depend on how reads are sliced: ${sliceBytes} bytes`, () => {
    const whole = fileOf(CONTENT);
    const sliced = fileOf(CONTENT, { sliceBytes });
    assert.deepEqual(shares(sliced), shares(whole));
    for (const region of shares(whole)) assert.deepEqual(cut(sliced, region), cut(whole, region));
  });
}

test('shares follow one another without a gap and joined are the whole file', () => {
  const source = fileOf(CONTENT);
  const regions = shares(source);
  assert.equal(regions.length, 6);
  assert.equal(regions[0]?.start, 0);
  assert.equal(regions.at(-1)?.end, CONTENT.length);
  for (const [index, region] of regions.entries()) {
    assert.equal(region.start, regions[index - 1]?.end ?? 0);
    const { sizes } = cut(source, region);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.equal(total, region.end - region.start);
    assert.ok(sizes.every((size) => size <= shape.maxChunkBytes));
  }
});

test('a share begins at a candidate cut, which depends on the 32 bytes before it alone', () => {
  const seams = shares(fileOf(CONTENT)).slice(1);
  for (const { start } of seams) {
    chunker.window.set(CONTENT.subarray(start - 32, start + 32));
    assert.equal(chunker.firstCandidate(32, 64), 32);
  }
});

test('bytes inserted in the middle change few chunks', () => {
  const middle = Math.floor(CONTENT.length / 2);
  const inserted = new Uint8Array(CONTENT.length + 100);
  inserted.set(CONTENT.subarray(0, middle));
  inserted.set(CONTENT.subarray(middle), middle + 100);
  const before = new Set(hashesOf(CONTENT));
  const fresh = hashesOf(inserted).filter((hash) => !before.has(hash));
  assert.ok(fresh.length > 0, 'something is new');
  assert.ok(fresh.length <= 12, `${fresh.length} of ${before.size} chunks are new`);
});

test('a file that shrinks while it is read ends where it ends', () => {
  const endsAt = 20_000;
  const { sizes } = cut(fileOf(CONTENT, { endsAt }), { start: 0, end: shape.shareBytes });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assert.equal(total, endsAt);
  assert.ok(sizes.every((size) => size > 0));
});

for (const sliceBytes of [100, 4096, 1 << 20]) {
  test(`a stream is cut as a file of one share, ${sliceBytes} bytes at a time`, async () => {
    let position = 0;
    const stream = {
      read: async (into: Uint8Array) => {
        const length = Math.min(sliceBytes, into.length);
        const piece = CONTENT.subarray(position, position + length);
        into.set(piece);
        position += piece.length;
        return piece.length;
      },
    };
    const hashes: string[] = [];
    for await (const chunk of chunksOfStream(stream, chunker)) {
      const hash = new Uint8Array(32);
      bulk.sha256(chunk, hash);
      hashes.push(toHex(hash));
    }
    const expected = cut(fileOf(CONTENT), { start: 0, end: CONTENT.length });
    assert.deepEqual(hashes, expected.hashes);
  });
}
