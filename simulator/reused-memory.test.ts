// Memories go round between seeds, and nobody finds in one what another has left.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetMemories, giveMemoriesBack, reuseMemories } from './reused-memory.ts';

const SIZE = { initial: 2, maximum: 2 };

reuseMemories();

test('a memory comes back empty when the seed is over, and not before', () => {
  const first = new WebAssembly.Memory(SIZE);
  new Uint8Array(first.buffer).fill(7);
  assert.notEqual(new WebAssembly.Memory(SIZE), first);
  giveMemoriesBack();
  const next = [new WebAssembly.Memory(SIZE), new WebAssembly.Memory(SIZE)];
  assert.ok(next.includes(first));
  for (const memory of next) assert.ok(new Uint8Array(memory.buffer).every((byte) => byte === 0));
  giveMemoriesBack();
});

test('after a seed that broke a rule its memories are gone', () => {
  const used = new WebAssembly.Memory({ initial: 3, maximum: 3 });
  forgetMemories();
  giveMemoriesBack();
  assert.notEqual(new WebAssembly.Memory({ initial: 3, maximum: 3 }), used);
  giveMemoriesBack();
});

test('a memory that may grow is never shared', () => {
  const growing = new WebAssembly.Memory({ initial: 1, maximum: 5 });
  giveMemoriesBack();
  assert.notEqual(new WebAssembly.Memory({ initial: 1, maximum: 5 }), growing);
  giveMemoriesBack();
});
