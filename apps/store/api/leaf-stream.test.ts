import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  equalBytes,
  KIB,
  MINUTE_MS,
  type NetworkShape,
  SECOND_MS,
  SMALL_SHAPE,
  storeId,
  toHex,
} from '@kura/base';
import { loadNative, PagePool } from '@kura/native';
import { ManualAlarmClock, Surroundings, sendCopy } from '@kura/testing';
import { MemoryStore } from '../memory-store.ts';
import { leafStream } from './leaf-stream.ts';

/** Four pieces of 1 MiB in the largest copy. */
const shape: NetworkShape = { ...SMALL_SHAPE, leafBytes: 64 * KIB, packLeaves: [4, 16, 64] };

async function scene() {
  const around = new Surroundings(9);
  const store = new MemoryStore({
    identity: {
      storeId: storeId(toHex(around.random.bytes(16))),
      suite: 'chacha20',
      place: { city: 'osaka', lat: 34.69, lon: 135.5, powerArea: 'JP-60' },
      inventoryEpoch: 1,
    },
    seed: around.random.bytes(32),
    shape,
    ownerKeys: around.ownerKeys,
    coordinatorKey: around.coordinatorKey,
    native: loadNative(),
    clock: around.clock,
  });
  const bytes = around.random.bytes(64 * shape.leafBytes);
  const copyId = around.newCopyId();
  await sendCopy(store, { id: copyId, member: around.alice.member, bytes });
  const stop = new AbortController();
  let ended = 0;
  const clock = new ManualAlarmClock();
  const others = { areWaiting: false };
  const open = (firstLeaf: number, leafCount: number) =>
    leafStream({
      ...{ store, shape, copyId, firstLeaf, leafCount },
      signal: stop.signal,
      pool: new PagePool(),
      clock,
      slot: {
        isWanted: () => others.areWaiting,
        giveBack: () => {
          ended++;
        },
      },
    });
  return { bytes, open, stop, ended: () => ended, clock, others };
}

describe('leaves on their way out', () => {
  test('go out in pieces, all of them and in order', async () => {
    const { bytes, open, ended } = await scene();
    const source = await open(2, 62);
    assert.ok('stream' in source);
    const pieces: Uint8Array[] = [];
    for await (const piece of source.stream) pieces.push(piece.slice());
    assert.equal(pieces.length, 4);
    assert.equal(source.sizeBytes, 62 * shape.leafBytes);
    assert.ok(equalBytes(Buffer.concat(pieces), bytes.subarray(2 * shape.leafBytes)));
    assert.equal(ended(), 1);
  });

  test('a range that goes wrong only in a later piece is told before anything goes out', async () => {
    const { open, ended } = await scene();
    await assert.rejects(open(32, 34), { code: 'usage' });
    await assert.rejects(open(0, 63), { code: 'usage' });
    assert.equal(ended(), 2);
  });

  test('R38: who takes them slowly has a place for as long as nobody waits for it', async () => {
    const { open, clock, others, ended } = await scene();
    const source = await open(0, 64);
    assert.ok('stream' in source);
    clock.advance(10 * MINUTE_MS);
    assert.equal(source.signal?.aborted, false);
    others.areWaiting = true;
    clock.advance(10 * SECOND_MS);
    assert.equal(source.signal?.aborted, true);
    const taking = source.stream[Symbol.asyncIterator]();
    await taking.next();
    await taking.return?.(undefined);
    assert.equal(ended(), 1, 'as the writer does that was stopped');
  });

  test('who goes away gives the slot back, also before the first piece has gone out', async () => {
    const { open, stop, ended } = await scene();
    await open(0, 64);
    stop.abort();
    assert.equal(ended(), 1);
  });
});
