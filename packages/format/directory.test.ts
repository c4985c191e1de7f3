import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ByteWriter,
  type ChunkId,
  KuraError,
  packId,
  SMALL_SHAPE,
  STANDARD_SHAPE,
} from '@kura/base';
import fc from 'fast-check';
import {
  decodeDirectory,
  directoryFrameBytes,
  directoryHeadBytes,
  encodeDirectory,
  type FrameFields,
  MAX_FRAME_BYTES,
  maxDirectoryFrameBytes,
} from './directory.ts';
import { CHUNK_KINDS, type DirectoryFrame, type PackDirectory } from './types.ts';

const id = packId('cd'.repeat(32));

const chunkIds = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as ChunkId);
const chunks = fc.array(
  fc.record(
    { id: chunkIds, length: fc.integer({ min: 1, max: 200_000 }) },
    { noNullPrototype: true },
  ),
  {
    minLength: 1,
    maxLength: 20,
  },
);
const frames: fc.Arbitrary<FrameFields> = fc
  .record({
    chunks,
    codec: fc.constantFrom('raw' as const, 'zstd' as const),
    kind: fc.constantFrom(...CHUNK_KINDS),
    share: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ chunks, codec, kind, share }) => {
    const plainBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const saved = codec === 'raw' ? 0 : Math.floor((plainBytes * (share - 1)) / 100);
    return { codec, kind, chunks, plainBytes, storedBytes: plainBytes - saved };
  });

function decode(bytes: Uint8Array, leafCount = 256): PackDirectory {
  return decodeDirectory({ bytes, packId: id, leafCount, shape: STANDARD_SHAPE });
}

test('any directory is read as it was written, with the offsets of its frames', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 4 }), (list) => {
      const bytes = encodeDirectory(list);
      let size = directoryHeadBytes(list.length);
      let offset = 0;
      const expected: DirectoryFrame[] = [];
      for (const frame of list) {
        size += directoryFrameBytes(frame);
        const most = maxDirectoryFrameBytes(frame.storedBytes, frame.chunks.length);
        assert.ok(directoryFrameBytes(frame) <= most);
        expected.push({ ...frame, offset });
        offset += frame.storedBytes;
      }
      assert.equal(bytes.length, size);
      fc.pre(offset < 16_000_000);
      assert.deepEqual(decode(bytes), { packId: id, leafCount: 256, frames: expected });
    }),
  );
});

test('R38: a directory changed at any byte is another directory or a typed error', () => {
  const sample = fc.sample(frames, { numRuns: 3, seed: 7 });
  fc.assert(
    fc.property(fc.nat(), fc.nat(255), (place, value) => {
      const bytes = encodeDirectory(sample).slice();
      bytes[place % bytes.length] = value;
      try {
        assert.ok(decode(bytes).frames.length <= sample.length + 127);
      } catch (error) {
        assert.ok(error instanceof KuraError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

interface RawFrame {
  readonly codec?: number;
  readonly stored?: number;
  readonly plain?: number;
  readonly kind?: number;
  readonly lengths?: readonly number[];
  readonly count?: number;
}

/** A directory with whatever figures, right or wrong. */
function crafted(frame: RawFrame, options: { version?: number; frames?: number } = {}): Uint8Array {
  const { codec = 0, stored = 10, plain = 10, kind = 0, lengths = [10] } = frame;
  const writer = new ByteWriter(10_000);
  writer.u8(options.version ?? 1);
  writer.varint(options.frames ?? 1);
  writer.u8(codec);
  writer.varint(stored);
  writer.varint(plain);
  writer.u8(kind);
  writer.varint(frame.count ?? lengths.length);
  for (const length of lengths) {
    writer.raw(new Uint8Array(32));
    writer.varint(length);
  }
  return writer.bytes().slice();
}

test('R38: figures that cannot be are refused before anything is taken for them', () => {
  assert.equal(decode(crafted({})).frames.length, 1);
  const big = MAX_FRAME_BYTES + 1;
  const wrong: readonly (readonly [RegExp, Uint8Array])[] = [
    [/no such version/, crafted({}, { version: 0 })],
    [/more entries/, crafted({}, { frames: 2 })],
    [/more entries/, crafted({}, { frames: 2 ** 40 })],
    [/bytes are left over/, crafted({}, { frames: 0 })],
    [/unknown codec/, crafted({ codec: 2 })],
    [/unknown kind/, crafted({ kind: 4 })],
    [/longer than 4194304/, crafted({ codec: 1, plain: big, lengths: [big] })],
    [/longer than 4194304/, crafted({ codec: 1, plain: 2 ** 50, lengths: [2 ** 50] })],
    [/without bytes/, crafted({ stored: 0, plain: 0 })],
    [/without bytes/, crafted({ codec: 1, stored: 0 })],
    [/two lengths/, crafted({ stored: 9 })],
    [/grew/, crafted({ codec: 1, stored: 11 })],
    [/more entries/, crafted({ count: 2 })],
    [/empty chunk/, crafted({ lengths: [10, 0] })],
    [/add up/, crafted({ lengths: [9] })],
    [/add up/, crafted({ lengths: [10, 1] })],
    [/add up/, crafted({ count: 0 })],
  ];
  for (const [message, bytes] of wrong) {
    assert.throws(() => decode(bytes), { code: 'corrupt', message });
  }
  assert.throws(() => decode(crafted({}, { version: 2 })), { code: 'unsupported' });
  assert.throws(() => decode(new Uint8Array(0)), { code: 'corrupt' });
});

test('frames may fill the payload up to the directory, and not one byte more', () => {
  const capacity = 4 * (SMALL_SHAPE.leafBytes - 16) - 1280;
  const at = (stored: number): PackDirectory => {
    const bytes = crafted({ stored, plain: stored, lengths: [stored] });
    return decodeDirectory({ bytes, packId: id, leafCount: 4, shape: SMALL_SHAPE });
  };
  const most = capacity - 8 - crafted({ stored: 9000, plain: 9000, lengths: [9000] }).length;
  assert.equal(at(most).frames.length, 1);
  assert.throws(() => at(most + 1), { code: 'corrupt', message: /exceed the pack/ });
});
