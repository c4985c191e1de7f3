import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ChunkId,
  KuraError,
  must,
  type NetworkShape,
  SMALL_SHAPE,
  STANDARD_SHAPE,
} from '@kura/base';
import { deriveMemberKeys, newRoot, type ReadingKeys, savingKeys } from '@kura/member-seal';
import { fixedRandom } from '@kura/member-seal/fixed-random.ts';
import { allocatePages, type Bulk } from '@kura/native';
import fc from 'fast-check';
import { EnvelopeCache } from './envelope-cache.ts';
import { FrameEncoder } from './frame.ts';
import { decodeHeader, encodeHeader } from './header.ts';
import {
  bulk,
  fixtureRandom,
  member,
  newPackId,
  newReader,
  newSession,
  rawFrame,
  stranger,
  type WrittenPack,
  writePack,
} from './pack-fixtures.ts';
import { openHeader } from './pack-reader.ts';
import { PackScratch } from './pack-scratch.ts';
import type { NewFrame } from './pack-writer.ts';

const encoder = new FrameEncoder({ bulk, output: allocatePages(4 * 1024 * 1024) });

interface Sample {
  readonly pack: WrittenPack;
  readonly plains: readonly Uint8Array[];
}

/** A pack of noise and zeros in turn: raw and compressed frames. */
async function sample(shape: NetworkShape, lengths: readonly number[]): Promise<Sample> {
  const plains = lengths.map((length, index) =>
    index % 2 === 0 ? fixtureRandom.bytes(length) : new Uint8Array(length).fill(index),
  );
  const frames = plains.map((plain): NewFrame => {
    const { codec, stored } = encoder.encode(plain, 1);
    return { ...rawFrame(plain), codec, stored: stored.slice() };
  });
  return { pack: await writePack({ shape }, frames), plains };
}

async function assertReadable(shape: NetworkShape, { pack, plains }: Sample): Promise<void> {
  const reader = newReader({ shape, ...pack });
  assert.equal(await reader.open(), pack.packId);
  const directory = await reader.directory();
  assert.deepEqual(directory, pack.directory);
  const order = directory.frames.map((_, index) => index);
  for (const index of [...order, ...order.toReversed()]) {
    const frame = must(directory.frames[index], 'a frame');
    const plain = must(plains[index], 'a plaintext');
    assert.ok(Buffer.compare(await reader.readFrame(frame), plain) === 0, `frame ${index}`);
    const into = new Uint8Array(plain.length + 3);
    const read = await reader.readFrame(frame, into);
    assert.equal(read.buffer, into.buffer);
    assert.ok(Buffer.compare(read, plain) === 0, `frame ${index} into given memory`);
  }
  reader.close();
}

test('D1: packs of every standard size are read as they were written, in any order', async () => {
  const kib = 1024;
  const lengths = [1, 70 * kib, 500 * kib, 2_000 * kib, 4_096 * kib, 4_096 * kib, 64 * kib - 16];
  for (const count of [2, 4, lengths.length]) {
    await assertReadable(STANDARD_SHAPE, await sample(STANDARD_SHAPE, lengths.slice(0, count)));
  }
});

test('any small pack is read as it was written', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 8_192 }), { minLength: 1, maxLength: 7 });
  await fc.assert(
    fc.asyncProperty(lengths, async (list) => {
      await assertReadable(SMALL_SHAPE, await sample(SMALL_SHAPE, list));
    }),
    { numRuns: 40 },
  );
});

test('a directory longer than a window is read whole', async () => {
  const chunks = Array.from({ length: 900 }, () => ({
    id: fixtureRandom.bytes(32) as ChunkId,
    length: 1,
  }));
  const stored = fixtureRandom.bytes(900);
  const frame = { codec: 'raw', stored, plainBytes: 900, kind: 'data', chunks } as const;
  const pack = await writePack({ shape: SMALL_SHAPE }, [frame]);
  const reader = newReader({ shape: SMALL_SHAPE, ...pack });
  assert.deepEqual(await reader.directory(), pack.directory);
});

test('only whole windows are fetched, each once when frames are read in order', async () => {
  const lengths = Array.from({ length: 20 }, (_, index) => 50_000 + index * 7_001);
  const { pack, plains } = await sample(STANDARD_SHAPE, lengths);
  const fetched: number[] = [];
  const onFetch = (first: number, count: number): void => {
    assert.equal(first % STANDARD_SHAPE.windowLeaves, 0);
    const end = first + count;
    assert.ok(end % STANDARD_SHAPE.windowLeaves === 0 || end === pack.leafCount);
    for (let leaf = first; leaf < end; leaf++) fetched.push(leaf);
  };
  const reader = newReader({ shape: STANDARD_SHAPE, ...pack, onFetch });
  for (const [index, frame] of pack.directory.frames.entries()) {
    const plain = must(plains[index], 'a plaintext');
    assert.ok(Buffer.compare(await reader.readFrame(frame), plain) === 0, `frame ${index}`);
  }
  assert.deepEqual(fetched, [...new Set(fetched)]);
});

test('readers that share a scratch do not see each other', async () => {
  const scratch = new PackScratch(SMALL_SHAPE);
  const samples = [
    await sample(SMALL_SHAPE, [8_000, 8_000, 3_000]),
    await sample(SMALL_SHAPE, [100, 8_000, 8_000]),
  ];
  const readers = samples.map(({ pack }) => newReader({ shape: SMALL_SHAPE, ...pack, scratch }));
  for (const index of [0, 1, 2, 1, 0]) {
    for (const [which, { pack, plains }] of samples.entries()) {
      const frame = must(pack.directory.frames[index], 'a frame');
      const read = await must(readers[which], 'a reader').readFrame(frame);
      assert.deepEqual(read, plains[index]);
    }
  }
});

test('readers that take turns, as neighbours in a folder make them, fetch every window once', async () => {
  const scratch = new PackScratch(STANDARD_SHAPE);
  const lengths = Array.from({ length: 12 }, (_, index) => 150_000 + index * 9_001);
  const packs = [await sample(STANDARD_SHAPE, lengths), await sample(STANDARD_SHAPE, lengths)];
  const fetched = packs.map(() => [] as number[]);
  const readers = packs.map(({ pack }, which) =>
    newReader({
      ...{ shape: STANDARD_SHAPE, ...pack, scratch },
      onFetch: (first, count) => {
        for (let leaf = first; leaf < first + count; leaf++) fetched[which]?.push(leaf);
      },
    }),
  );
  for (const index of lengths.keys()) {
    for (const [which, { pack, plains }] of packs.entries()) {
      const frame = must(pack.directory.frames[index], 'a frame');
      const read = await must(readers[which], 'a reader').readFrame(frame);
      assert.ok(Buffer.compare(read, must(plains[index], 'a plaintext')) === 0, `frame ${index}`);
    }
  }
  for (const leaves of fetched) assert.deepEqual(leaves, [...new Set(leaves)]);
});

test('one reader more than windows are kept for: all read what was written, in any turn', async () => {
  const scratch = new PackScratch(SMALL_SHAPE);
  const lengths = [3_000, 3_000, 3_000, 3_000, 3_000, 3_000];
  const samples = await Promise.all(Array.from({ length: 9 }, () => sample(SMALL_SHAPE, lengths)));
  const readers = samples.map(({ pack }) => newReader({ shape: SMALL_SHAPE, ...pack, scratch }));
  for (let turn = 0; turn < 300; turn++) {
    const which = turn < 54 ? turn % 9 : fixtureRandom.below(9);
    const index = turn < 54 ? Math.floor(turn / 9) : fixtureRandom.below(lengths.length);
    const { pack, plains } = must(samples[which], 'a sample');
    const frame = must(pack.directory.frames[index], 'a frame');
    const read = await must(readers[which], 'a reader').readFrame(frame);
    const plain = must(plains[index], 'a plaintext');
    assert.ok(Buffer.compare(read, plain) === 0, `turn ${turn}`);
  }
});

test('recovery: a pack tells who it is from its first leaf and the keys alone', async () => {
  const { pack } = await sample(SMALL_SHAPE, [5_000]);
  const leaf0 = pack.sealed.subarray(0, SMALL_SHAPE.leafBytes);
  const { packId, epoch, key } = openHeader(leaf0, member);
  assert.equal(packId, pack.packId);
  assert.equal(epoch, 0);
  assert.equal(key.length, 32);
  const unknown = newReader({ shape: SMALL_SHAPE, sealed: pack.sealed });
  assert.equal(await unknown.open(), pack.packId);
  assert.deepEqual(await unknown.directory(), pack.directory);
});

test('D2: with the saving keys alone a device cannot read the pack that it wrote', async () => {
  const { pack } = await sample(SMALL_SHAPE, [5_000]);
  const saving = savingKeys(member);
  // @ts-expect-error: without private halves these are no reading keys
  const keys: ReadingKeys = saving;
  await assert.rejects(newReader({ shape: SMALL_SHAPE, ...pack, keys }).open());
  const guessed = { ...saving, privateKeys: stranger.privateKeys };
  await assert.rejects(newReader({ shape: SMALL_SHAPE, ...pack, keys: guessed }).open(), {
    code: 'corrupt',
    message: /not this member's/,
  });
});

test("C12: another member's keys open nothing", async () => {
  const { pack } = await sample(SMALL_SHAPE, [5_000]);
  const reader = newReader({ shape: SMALL_SHAPE, ...pack, keys: stranger });
  await assert.rejects(reader.open(), { code: 'corrupt', message: /not this member's/ });
});

test('R12: a commitment to a second key is refused before anything is decrypted', async () => {
  const { pack } = await sample(SMALL_SHAPE, [5_000]);
  const { pack: other } = await sample(SMALL_SHAPE, [5_000]);
  const header = decodeHeader(pack.sealed);
  const forged = [
    { ...header, commitment: decodeHeader(other.sealed).commitment },
    { ...header, envelope: newSession().envelope },
    { ...header, packId: newPackId() },
  ];
  let opened = 0;
  const listening: Bulk = {
    ...bulk,
    gcm: (key) => {
      opened += 1;
      return bulk.gcm(key);
    },
  };
  for (const fields of forged) {
    const sealed = pack.sealed.slice();
    encodeHeader(fields, sealed);
    const reader = newReader({ shape: SMALL_SHAPE, sealed, bulk: listening });
    await assert.rejects(reader.open(), { code: 'corrupt', message: /not this member's/ });
  }
  assert.equal(opened, 0);
});

test('R12: segments under a second key do not open behind the header of the first', async () => {
  const { pack } = await sample(SMALL_SHAPE, [5_000]);
  const { pack: other } = await sample(SMALL_SHAPE, [5_000]);
  const sealed = other.sealed.slice();
  sealed.set(pack.sealed.subarray(0, 1280));
  const reader = newReader({ shape: SMALL_SHAPE, sealed });
  await assert.rejects(reader.open(), { code: 'corrupt', message: /leaf 0 of 4 does not open/ });
});

test('another epoch is named, not guessed', async () => {
  const { pack } = await sample(SMALL_SHAPE, [100]);
  const later = deriveMemberKeys(newRoot(fixedRandom('epochs')), 3);
  const reader = newReader({ shape: SMALL_SHAPE, ...pack, keys: later });
  await assert.rejects(reader.open(), { code: 'unsupported', message: /key epoch 0/ });
});

test('a pack of another id than asked for is refused', async () => {
  const { pack } = await sample(SMALL_SHAPE, [100]);
  const reader = newReader({ shape: SMALL_SHAPE, ...pack, packId: newPackId() });
  await assert.rejects(reader.open(), { code: 'corrupt', message: /another pack/ });
});

test('R11: a pack cut short, made longer, or with leaves swapped is found out', async () => {
  const { pack } = await sample(SMALL_SHAPE, [8_000, 100, 8_000]);
  assert.equal(pack.leafCount, 8);
  const { leafBytes } = SMALL_SHAPE;
  const short = pack.sealed.subarray(0, 4 * leafBytes);
  await assert.rejects(newReader({ shape: SMALL_SHAPE, sealed: short }).directory(), {
    code: 'corrupt',
    message: /leaf 3 of 4/,
  });
  const long = new Uint8Array(16 * leafBytes);
  long.set(pack.sealed);
  long.set(pack.sealed, 8 * leafBytes);
  await assert.rejects(newReader({ shape: SMALL_SHAPE, sealed: long }).directory(), {
    code: 'corrupt',
  });
  const swapped = pack.sealed.slice();
  swapped.copyWithin(2 * leafBytes, 5 * leafBytes, 6 * leafBytes);
  const frame = must(pack.directory.frames[0], 'a frame');
  await assert.rejects(newReader({ shape: SMALL_SHAPE, sealed: swapped }).readFrame(frame), {
    code: 'corrupt',
    message: /leaf 2 of 8/,
  });
});

test('R38: an end that lies about its directory is corrupt, rightly sealed or not', async () => {
  const { pack } = await sample(SMALL_SHAPE, [100]);
  const { leafBytes } = SMALL_SHAPE;
  const { key } = openHeader(pack.sealed, member);
  const gcm = bulk.gcm(key);
  const nonce = new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  const withEnd = (length: number, magic: number): Uint8Array => {
    const sealed = pack.sealed.slice();
    const last = sealed.subarray(3 * leafBytes);
    assert.ok(gcm.open(nonce, new Uint8Array(0), last));
    const view = new DataView(last.buffer, last.byteOffset);
    view.setUint32(leafBytes - 24, length, true);
    view.setUint32(leafBytes - 20, magic, true);
    gcm.seal(nonce, new Uint8Array(0), last);
    return sealed;
  };
  const lies = [
    [0, 0x6b757261, /ends too early/],
    [pack.directoryBytes.length + 1, 0x6b757261, /no such version/],
    [15_033, 0x6b757261, /longer than itself/],
    [0xffff_ffff, 0x6b757261, /longer than itself/],
    [pack.directoryBytes.length, 0x6b757260, /does not end like a pack/],
  ] as const;
  for (const [length, magic, message] of lies) {
    const reader = newReader({ shape: SMALL_SHAPE, sealed: withEnd(length, magic) });
    await assert.rejects(reader.directory(), { code: 'corrupt', message });
  }
  const honest = withEnd(pack.directoryBytes.length, 0x6b757261);
  const directory = await newReader({ shape: SMALL_SHAPE, sealed: honest }).directory();
  assert.deepEqual(directory, pack.directory);
});

test('numbers of leaves that no pack has are refused at once', () => {
  for (const leafCount of [0, 1, 5, 17, -4, 4.5, Number.NaN, 2 ** 40]) {
    const open = () => newReader({ shape: SMALL_SHAPE, sealed: new Uint8Array(0), leafCount });
    assert.throws(open, { code: 'corrupt' });
  }
});

test('every changed byte of a pack is found by whoever reads all of it', async () => {
  const { pack } = await sample(SMALL_SHAPE, [8_000]);
  for (let at = 0; at < pack.sealed.length; at += 61) {
    const sealed = pack.sealed.slice();
    sealed[at] = (sealed[at] ?? 0) ^ (1 << (at % 8));
    const reader = newReader({ shape: SMALL_SHAPE, sealed });
    const readAll = async (): Promise<void> => {
      const { frames } = await reader.directory();
      for (const frame of frames) await reader.readFrame(frame);
    };
    await assert.rejects(readAll(), (error) => error instanceof KuraError, `byte ${at}`);
  }
});

test('R38: a frame that lies outside of its pack is refused before anything is read', async () => {
  const { pack } = await sample(SMALL_SHAPE, [100]);
  const frame = must(pack.directory.frames[0], 'a frame');
  const fetched: number[] = [];
  const reader = newReader({ shape: SMALL_SHAPE, ...pack, onFetch: (leaf) => fetched.push(leaf) });
  await reader.open();
  for (const offset of [-1, 0.5, Number.NaN, 15_000, 2 ** 52]) {
    await assert.rejects(reader.readFrame({ ...frame, offset }), { code: 'corrupt' });
  }
  const huge = { ...frame, codec: 'zstd', plainBytes: 2 ** 40 } as const;
  await assert.rejects(reader.readFrame(huge), { code: 'corrupt' });
  assert.deepEqual(fetched, [0]);
});

test('a fetch that fails passes through, and the next one starts afresh', async () => {
  const { pack, plains } = await sample(SMALL_SHAPE, [8_000, 8_001]);
  const frame = must(pack.directory.frames[0], 'a frame');
  let isDown = true;
  const reader = newReader({
    shape: SMALL_SHAPE,
    ...pack,
    onFetch: (firstLeaf) => {
      if (isDown && firstLeaf > 0) throw new KuraError('unreachable', 'the store is gone');
    },
  });
  await assert.rejects(reader.readFrame(frame), { code: 'unreachable' });
  isDown = false;
  assert.deepEqual(await reader.readFrame(frame), plains[0]);
});

test('the envelope of a session is opened once, and not for another member', () => {
  const cache = new EnvelopeCache();
  const { envelope, sessionSecret } = newSession();
  const first = cache.secretOf(member, envelope);
  assert.deepEqual(first, sessionSecret);
  assert.equal(cache.secretOf(member, envelope.slice()), first);
  assert.notDeepEqual(cache.secretOf(stranger, envelope), first);
});
