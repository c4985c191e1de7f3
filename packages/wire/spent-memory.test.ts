// Goal: what was received is freed when it has been copied, and nothing else is.
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { SpentMemory, spentMemoryOf } from './spent-memory.ts';

const SIZE = 16 * 1024;

test('a piece is freed when the next one is spent, not before', () => {
  const memory = new SpentMemory();
  const [first, second] = [new Uint8Array(SIZE), new Uint8Array(SIZE)];
  memory.note(first);
  assert.equal(first.length, SIZE);
  memory.note(second);
  assert.equal(first.length, 0);
  assert.equal(second.length, SIZE);
});

test('a view of a part leaves the whole as it is', () => {
  const memory = new SpentMemory();
  const whole = new Uint8Array(SIZE);
  memory.note(whole.subarray(1));
  memory.note(whole.subarray(0, SIZE - 1));
  memory.note(new Uint8Array(SIZE));
  assert.equal(whole.length, SIZE);
});

test('pieces of a stream that is no TLS belong to whoever wrote them', () => {
  assert.equal(spentMemoryOf(new PassThrough()), undefined);
});
