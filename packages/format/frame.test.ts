import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIB, MIB, utf8 } from '@kura/base';
import { fixedRandom } from '@kura/member-seal/fixed-random.ts';
import { allocatePages, type Bulk, loadNative } from '@kura/native';
import { MAX_FRAME_BYTES } from './directory.ts';
import { decodeFrame, FrameEncoder } from './frame.ts';

const real = loadNative().bulk;
const random = fixedRandom('frames');
const noise = random.bytes(MIB);

/** The real thing, listening: how many bytes were given to zstd. */
function listening(): { readonly bulk: Bulk; readonly lengths: number[] } {
  const lengths: number[] = [];
  const compress: Bulk['compress'] = (input, output, level) => {
    lengths.push(input.length);
    return real.compress(input, output, level);
  };
  return { bulk: { ...bound(real), compress }, lengths };
}

function bound(bulk: Bulk): Bulk {
  return {
    sha256: (input, into) => bulk.sha256(input, into),
    hmacSha256: (key, input, into) => bulk.hmacSha256(key, input, into),
    sha256Each: (input, pieceBytes, into) => bulk.sha256Each(input, pieceBytes, into),
    hmacSha256Each: (key, inputs, into) => bulk.hmacSha256Each(key, inputs, into),
    gcm: (key) => bulk.gcm(key),
    cipher: (name, key, direction) => bulk.cipher(name, key, direction),
    compress: (input, output, level) => bulk.compress(input, output, level),
    decompress: (input, output) => bulk.decompress(input, output),
  };
}

function text(bytes: number): Uint8Array {
  const line = '2026-01-01T00:00:00Z store saved a copy of a pack, all leaves as they should be\n';
  return utf8(line.repeat(Math.ceil(bytes / line.length))).subarray(0, bytes);
}

function encode(plain: Uint8Array, chunkCount = 1) {
  const { bulk, lengths } = listening();
  const encoder = new FrameEncoder({ bulk, output: allocatePages(4 * MIB) });
  return { ...encoder.encode(plain, chunkCount), lengths };
}

test('text is compressed and comes back', () => {
  const plain = text(MIB);
  const { codec, stored } = encode(plain);
  assert.equal(codec, 'zstd');
  assert.ok(stored.length < plain.length / 10);
  const frame = { codec, storedBytes: stored.length, plainBytes: plain.length };
  const room = (bytes: number): Uint8Array => new Uint8Array(bytes + 100);
  assert.deepEqual(decodeFrame({ bulk: real, frame, stored, room }), plain);
});

test('a chunk that does not compress costs two samples and stays where it is', () => {
  const { codec, stored, lengths } = encode(noise);
  assert.equal(codec, 'raw');
  assert.equal(stored, noise);
  assert.deepEqual(lengths, [8 * KIB, 8 * KIB]);
});

test('one compressible sample is enough to try', () => {
  const plain = noise.slice();
  plain.set(text(MIB / 2), MIB / 2);
  const { codec, lengths } = encode(plain);
  assert.equal(codec, 'zstd');
  assert.deepEqual(lengths, [8 * KIB, 8 * KIB, MIB]);
});

test('small chunks and frames of several chunks are not judged by samples', () => {
  assert.deepEqual(encode(noise.subarray(0, 128 * KIB - 1)).lengths, [128 * KIB - 1]);
  assert.deepEqual(encode(noise.subarray(0, 128 * KIB)).lengths, [8 * KIB, 8 * KIB]);
  assert.deepEqual(encode(noise, 2).lengths, [MIB]);
});

test('a codec that saves less than 1/32 is not used', () => {
  const bytes = 64 * KIB;
  const saving = (count: number): Uint8Array => {
    const plain = noise.slice(0, bytes);
    plain.fill(0, 0, count);
    return plain;
  };
  assert.equal(encode(saving(bytes / 32 - 512)).codec, 'raw');
  assert.equal(encode(saving(bytes / 32 + 512)).codec, 'zstd');
});

test('frames of one byte and of the maximum chunk survive', () => {
  for (const plain of [new Uint8Array([7]), text(MAX_FRAME_BYTES)]) {
    const { codec, stored } = encode(plain);
    const frame = { codec, storedBytes: stored.length, plainBytes: plain.length };
    const room = (bytes: number): Uint8Array => new Uint8Array(bytes);
    assert.deepEqual(decodeFrame({ bulk: real, frame, stored, room }), plain);
  }
});

test('R38: lengths are checked before room is asked for', () => {
  const room = (): Uint8Array => assert.fail('room was asked for');
  const stored = new Uint8Array(100);
  const wrong = [
    { codec: 'zstd', storedBytes: 100, plainBytes: MAX_FRAME_BYTES + 1 },
    { codec: 'zstd', storedBytes: 100, plainBytes: Number.MAX_SAFE_INTEGER },
    { codec: 'zstd', storedBytes: 100, plainBytes: 0 },
    { codec: 'zstd', storedBytes: 100, plainBytes: 99 },
    { codec: 'zstd', storedBytes: 99, plainBytes: 200 },
    { codec: 'zstd', storedBytes: 0, plainBytes: 200 },
    { codec: 'raw', storedBytes: 100, plainBytes: 101 },
    { codec: 'raw', storedBytes: 100.5, plainBytes: 100.5 },
    { codec: 'zstd', storedBytes: 100, plainBytes: Number.NaN },
  ] as const;
  for (const frame of wrong) {
    const message = JSON.stringify(frame);
    assert.throws(
      () => decodeFrame({ bulk: real, frame, stored, room }),
      { code: 'corrupt' },
      message,
    );
  }
});

test('R38: a frame that unpacks to more or less than it says is corrupt', () => {
  const plain = text(10_000);
  const { codec, stored } = encode(plain);
  const room = (bytes: number): Uint8Array => new Uint8Array(bytes);
  for (const plainBytes of [9_999, 10_001, stored.length]) {
    const frame = { codec, storedBytes: stored.length, plainBytes };
    assert.throws(() => decodeFrame({ bulk: real, frame, stored, room }), { code: 'corrupt' });
  }
  const garbage = { codec: 'zstd', storedBytes: 100, plainBytes: 200 } as const;
  const bytes = noise.subarray(0, 100);
  assert.throws(() => decodeFrame({ bulk: real, frame: garbage, stored: bytes, room }), {
    code: 'corrupt',
  });
});
