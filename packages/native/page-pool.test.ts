// Goal: memory is used again, by one at a time, and a burst of it is not kept.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIB, MIB } from '@kura/base';
import { PagePool } from './page-pool.ts';

test('what was given back is what is taken next, also for another size of its class', () => {
  const pool = new PagePool();
  const first = pool.take(200 * KIB);
  assert.equal(first.length, 200 * KIB);
  pool.give(first);
  const again = pool.take(256 * KIB);
  assert.equal(again.buffer, first.buffer);
  assert.equal(again.length, 256 * KIB);
});

test('nobody is given what somebody else has', () => {
  const pool = new PagePool();
  pool.give(pool.take(MIB));
  assert.notEqual(pool.take(MIB).buffer, pool.take(MIB).buffer);
});

test('no more than its bound is kept', () => {
  const pool = new PagePool(2 * MIB);
  const taken = [pool.take(MIB), pool.take(MIB), pool.take(MIB)];
  for (const bytes of taken) pool.give(bytes);
  const known = new Set<ArrayBufferLike>(taken.map(({ buffer }) => buffer));
  const reused = [pool.take(MIB), pool.take(MIB), pool.take(MIB)].filter(({ buffer }) =>
    known.has(buffer),
  );
  assert.equal(reused.length, 2);
});

test('only what was taken here is taken back', () => {
  assert.throws(() => new PagePool().give(new Uint8Array(MIB).subarray(1)), /not taken here/);
});
