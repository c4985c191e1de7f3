import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIB, KuraError, SMALL_SHAPE, STANDARD_SHAPE, toHex } from '@kura/base';
import type { Bulk } from '@kura/native';
import fc from 'fast-check';
import {
  bulk,
  fixtureRandom,
  newPackId,
  newReader,
  newSession,
  newWriter,
  rawFrame,
  writePack,
} from './pack-fixtures.ts';
import { payloadCapacity, TAG_BYTES } from './pack-layout.ts';
import type { PackWriter } from './pack-writer.ts';

/** The real thing, listening: every (key, nonce) that something was sealed under. */
function listening(seen: string[]): Bulk {
  return {
    sha256: (input, into) => bulk.sha256(input, into),
    hmacSha256: (key, input, into) => bulk.hmacSha256(key, input, into),
    sha256Each: (input, pieceBytes, into) => bulk.sha256Each(input, pieceBytes, into),
    hmacSha256Each: (key, inputs, into) => bulk.hmacSha256Each(key, inputs, into),
    cipher: (name, key, direction) => bulk.cipher(name, key, direction),
    compress: (input, output, level) => bulk.compress(input, output, level),
    decompress: (input, output) => bulk.decompress(input, output),
    gcm: (key) => {
      const gcm = bulk.gcm(key);
      const name = toHex(key);
      return {
        seal: (nonce, associated, buffer) => {
          seen.push(`${name} ${toHex(nonce)}`);
          gcm.seal(nonce, associated, buffer);
        },
        open: (nonce, associated, buffer) => gcm.open(nonce, associated, buffer),
        free: () => gcm.free(),
      };
    },
  };
}

/** Frames of one chunk until the writer says that the next does not fit. */
async function fillUp(writer: PackWriter, frameBytes: number): Promise<number> {
  let count = 0;
  for (; writer.fits(frameBytes, 1); count++) {
    await writer.addFrame(rawFrame(fixtureRandom.bytes(frameBytes)));
  }
  return count;
}

test('R1: a pack has one of three sizes, whatever is in it', async () => {
  const shape = SMALL_SHAPE;
  const sizes = new Set<number>();
  for (const bytes of [1, 5_000, 14_000, 14_900, 15_000, 25_000, 32_000, 60_000]) {
    const frames = [];
    for (let left = bytes; left > 0; left -= 8_000) {
      frames.push(rawFrame(fixtureRandom.bytes(Math.min(left, 8_000))));
    }
    const { sealed } = await writePack({ shape }, frames);
    sizes.add(sealed.length / shape.leafBytes);
  }
  assert.deepEqual([...sizes], [4, 8, 16]);
});

test('a pack without frames is a pack of the smallest size', async () => {
  const pack = await writePack({ shape: SMALL_SHAPE }, []);
  assert.equal(pack.leafCount, 4);
  const reader = newReader({ shape: SMALL_SHAPE, ...pack });
  assert.deepEqual((await reader.directory()).frames, []);
});

test('what fits keeps to the target size, and the target is used to its end', async () => {
  for (const targetLeaves of SMALL_SHAPE.packLeaves) {
    for (const frameBytes of [50, 977, 3_000]) {
      const writer = newWriter({ shape: SMALL_SHAPE, targetLeaves });
      const count = await fillUp(writer, frameBytes);
      const { leafCount, directoryBytes } = await writer.finish();
      assert.equal(leafCount, targetLeaves);
      const used = writer.payloadBytes + directoryBytes.length + 8;
      const free = payloadCapacity(SMALL_SHAPE, targetLeaves) - used;
      assert.ok(free < frameBytes + 60, `${free} bytes free behind ${count} frames`);
    }
  }
});

test('any mix of frames that fits ends at the target or below', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 8_192 }), { maxLength: 40 });
  const targets = fc.constantFrom(...SMALL_SHAPE.packLeaves);
  await fc.assert(
    fc.asyncProperty(sizes, targets, async (lengths, targetLeaves) => {
      const writer = newWriter({ shape: SMALL_SHAPE, targetLeaves });
      for (const length of lengths) {
        if (writer.fits(length, 1)) await writer.addFrame(rawFrame(new Uint8Array(length)));
      }
      const { leafCount } = await writer.finish();
      assert.ok(leafCount <= targetLeaves);
    }),
    { numRuns: 50 },
  );
});

test('a frame beyond the target makes the pack larger, beyond the largest fails', async () => {
  const writer = newWriter({ shape: SMALL_SHAPE, targetLeaves: 4 });
  const frame = rawFrame(fixtureRandom.bytes(16_000));
  assert.equal(writer.fits(16_000, 1), false);
  for (let index = 0; index < 3; index++) await writer.addFrame(frame);
  assert.throws(() => writer.addFrame(frame), { code: 'too_large' });
  assert.equal((await writer.finish()).leafCount, 16);
});

test('frames are taken at once until the buffer is full: hot loops need no await', async () => {
  let handedOver = 0;
  const writer = newWriter({
    shape: STANDARD_SHAPE,
    onLeaves: (sealed) => {
      handedOver += sealed.length;
      return Promise.resolve();
    },
  });
  const frame = rawFrame(fixtureRandom.bytes(300 * KIB));
  for (let index = 0; index < 3; index++) assert.equal(writer.addFrame(frame), undefined);
  assert.equal(handedOver, 0);
  const waiting = writer.addFrame(frame);
  assert.ok(waiting instanceof Promise);
  assert.throws(() => writer.addFrame(frame), /busy/);
  await waiting;
  assert.equal(handedOver, 1024 * KIB);
  await writer.finish();
  assert.equal(handedOver, 64 * STANDARD_SHAPE.leafBytes);
});

test('R7: the same frames sealed twice have no leaf and no segment in common', async () => {
  const shape = SMALL_SHAPE;
  const session = newSession();
  const frames = [rawFrame(new Uint8Array(8_000)), rawFrame(new Uint8Array(8_000))];
  const packs = [
    await writePack({ shape, session }, frames),
    await writePack({ shape, session }, frames),
  ];
  const segments = packs.flatMap(({ sealed }) => {
    const blocks: string[] = [];
    for (let at = 1280; at < sealed.length; at += 16)
      blocks.push(toHex(sealed.subarray(at, at + 16)));
    return blocks;
  });
  assert.equal(new Set(segments).size, segments.length);
});

test('R7: no (key, nonce) repeats over the segments of 400 packs of one session', async () => {
  const session = newSession();
  const seen: string[] = [];
  const heard = listening(seen);
  let leaves = 0;
  for (let index = 0; index < 400; index++) {
    const frames = [rawFrame(new Uint8Array(1 + (index % 8_000)).fill(index))];
    const repeated = index % 3 === 0 ? [...frames, ...frames, ...frames] : frames;
    const pack = await writePack({ shape: SMALL_SHAPE, session, bulk: heard }, repeated);
    leaves += pack.leafCount;
  }
  assert.equal(seen.length, leaves);
  assert.equal(new Set(seen).size, leaves);
  const last = seen.filter((entry) => entry.endsWith('01'));
  assert.equal(last.length, 400);
});

test('two leaves are kept as they were handed over, all with the same chance', async () => {
  const { leafBytes } = SMALL_SHAPE;
  const counts = new Map<number, number>();
  const frames = Array.from({ length: 7 }, () => rawFrame(fixtureRandom.bytes(8_000)));
  const runs = 400;
  for (let run = 0; run < runs; run++) {
    const { samples, sealed } = await writePack({ shape: SMALL_SHAPE }, frames);
    assert.equal(new Set(samples.map(({ index }) => index)).size, 2);
    for (const { index, bytes } of samples) {
      assert.deepEqual(bytes, sealed.subarray(index * leafBytes, (index + 1) * leafBytes));
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
  }
  const expected = (2 * runs) / 16;
  const chiSquared = Array.from({ length: 16 }, (_, leaf) => counts.get(leaf) ?? 0).reduce(
    (sum, count) => sum + (count - expected) ** 2 / expected,
    0,
  );
  assert.ok(chiSquared < 40, `chi squared ${chiSquared} over 15 degrees of freedom`);
});

test('a sink that fails ends the pack with its error', async () => {
  const writer = newWriter({
    shape: SMALL_SHAPE,
    onLeaves: () => Promise.reject(new KuraError('unreachable', 'the store is gone')),
  });
  const add = async () => {
    for (let index = 0; index < 4; index++) {
      await writer.addFrame(rawFrame(fixtureRandom.bytes(8_000)));
    }
  };
  await assert.rejects(add(), { code: 'unreachable' });
  writer.abort();
  writer.abort();
  await assert.rejects(writer.finish(), /after its end/);
});

test('a pack given up while it writes stops with a typed error', async () => {
  let release = (): void => assert.fail('nothing was handed over');
  const writer = newWriter({
    shape: SMALL_SHAPE,
    onLeaves: () =>
      new Promise((resolve) => {
        release = resolve;
      }),
  });
  await writer.addFrame(rawFrame(fixtureRandom.bytes(8_000)));
  const waiting = writer.addFrame(rawFrame(fixtureRandom.bytes(8_000)));
  writer.abort();
  release();
  await assert.rejects(async () => waiting, { code: 'interrupted' });
});

test('a sealed leaf is header or segment and tag, nothing in the clear', async () => {
  const marker = Buffer.from('a line that nobody must see outside of a pack');
  const plain = new Uint8Array(Buffer.alloc(8_000, marker));
  const packId = newPackId();
  const { sealed } = await writePack({ shape: SMALL_SHAPE, packId }, [rawFrame(plain)]);
  assert.equal(Buffer.from(sealed).indexOf(marker.subarray(0, 8)), -1);
  assert.equal(sealed.length % SMALL_SHAPE.leafBytes, 0);
  assert.equal(TAG_BYTES, 16);
});
