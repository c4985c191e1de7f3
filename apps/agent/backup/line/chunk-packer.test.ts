import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SMALL_SHAPE } from '@kura/base';
import { chunkIdOf, FrameEncoder, type NewFrame } from '@kura/format';
import { bulk, member } from '@kura/format/pack-fixtures.ts';
import { SeededRandom } from '@kura/testing';
import { ChunkTable, IN_SESSION } from '../../index/chunk-table.ts';
import { ChunkPacker, type ChunkPackerOptions, outputBytes } from './chunk-packer.ts';
import type { PackPool } from './pack-pool.ts';

const shape = SMALL_SHAPE;
const { chunkIdKeys } = member;
const random = new SeededRandom(3);

function packerWith(change: Partial<ChunkPackerOptions> = {}) {
  const frames: (NewFrame & { readonly stored: Uint8Array })[] = [];
  const pool = {
    add: async (frame: NewFrame) => {
      frames.push({ ...frame, stored: frame.stored.slice() });
    },
  } as unknown as PackPool;
  const table = ChunkTable.sizedFor(100);
  const packer = new ChunkPacker({
    shape,
    bulk,
    encoder: new FrameEncoder({ bulk, output: new Uint8Array(outputBytes(shape)) }),
    chunkIdKeys,
    table,
    pool,
    rescue: async () => false,
    isMarked: () => false,
    ...change,
  });
  const add = async (plain: Uint8Array) => {
    const [entry] = await packer.add([plain]);
    assert.ok(entry !== undefined);
    return entry;
  };
  return { packer, frames, table, add };
}

const idOf = (plain: Uint8Array) => chunkIdOf(bulk, chunkIdKeys, 'data', plain);
const small = (): Uint8Array => random.bytes(shape.smallChunkBytes);
const large = (): Uint8Array => random.bytes(shape.smallChunkBytes + 1);

describe('chunks on their way to frames', () => {
  it('a large one has a frame of its own, at once; small ones share one, when it is full or flushed', async () => {
    const { packer, frames, add } = packerWith();
    await add(large());
    assert.equal(frames.length, 1);
    const perFrame = shape.frameBytes / shape.smallChunkBytes;
    for (let count = 0; count < perFrame; count++) await add(small());
    assert.equal(frames.length, 1, 'a frame exactly full still waits');
    await add(small());
    assert.equal(frames.length, 2);
    await packer.flush();
    await packer.flush();
    assert.deepEqual(
      frames.map(({ chunks }) => chunks.length),
      [1, perFrame, 1],
    );
  });

  it('small ones keep their bytes, although the reader uses its memory again', async () => {
    const { packer, frames, add } = packerWith();
    const window = small();
    const first = window.slice();
    await add(window);
    window.set(small());
    const second = window.slice();
    await add(window);
    window.fill(0);
    await packer.flush();
    const [frame] = frames;
    assert.equal(frame?.codec, 'raw', 'random bytes are stored as they are');
    assert.ok(Buffer.concat([first, second]).equals(frame?.stored ?? new Uint8Array(0)));
    const ids = frame?.chunks.map(({ id }) => Buffer.from(id).toString('hex'));
    assert.deepEqual(
      ids,
      [first, second].map((one) => Buffer.from(idOf(one)).toString('hex')),
    );
  });

  it('C2: what is stored already is not stored again; new bytes and used packs are told once', async () => {
    const { packer, frames, table, add } = packerWith();
    const known = large();
    table.add(idOf(known), 4);
    await add(known);
    await add(known);
    const fresh = large();
    const entry = await add(fresh);
    assert.deepEqual(Buffer.from(entry.id), Buffer.from(idOf(fresh)));
    await add(fresh);
    assert.equal(frames.length, 1);
    assert.equal(table.find(idOf(fresh)), IN_SESSION);
    assert.deepEqual(packer.takeWork(), { bytesAdded: fresh.length, packsUsed: [4] });
    assert.deepEqual(packer.takeWork(), { bytesAdded: 0, packsUsed: [] });
  });

  it('what lies in a marked pack is used if the pack is rescued, else stored anew', async () => {
    for (const isRescued of [true, false]) {
      const asked: number[] = [];
      const { packer, frames, table, add } = packerWith({
        isMarked: () => true,
        rescue: async (number) => {
          asked.push(number);
          return isRescued;
        },
      });
      const known = large();
      table.add(idOf(known), 4);
      await add(known);
      assert.deepEqual(asked, [4]);
      assert.equal(frames.length, isRescued ? 0 : 1);
      const used = isRescued ? [4] : [];
      const bytesAdded = isRescued ? 0 : known.length;
      assert.deepEqual(packer.takeWork(), { bytesAdded, packsUsed: used });
    }
  });
});
