// Goal: a network's share of a lock is read by that network alone, and says for whom and what it is (D16).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError, memberId } from '@kura/base';
import { lockKeyOf, openLockShare, sealLockShare } from './lock-box.ts';

const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
let drawn = 0;
const random = {
  bytes: (count: number): Uint8Array => new Uint8Array(count).fill(++drawn),
  below: (): number => 0,
};
const lock = {
  memberId: memberId('ab'.repeat(16)),
  epoch: 2 ** 31 + 5,
  evidence: seedOf(7),
  share: seedOf(8),
};
const isRefused = (error: unknown): boolean =>
  error instanceof KuraError && error.code === 'refused';

test('D16: a share comes back from its box as it was, and two boxes of it have nothing in common', () => {
  const boxes = [1, 2].map(() => sealLockShare(lock, lockKeyOf(seedOf(3)), random));
  for (const box of boxes) {
    assert.deepEqual(openLockShare(box, seedOf(3)), lock);
  }
  assert.notDeepEqual(boxes[0]?.subarray(1), boxes[1]?.subarray(1));
});

test('D16: another network, every changed bit and every other length is refused', () => {
  const box = sealLockShare(lock, lockKeyOf(seedOf(3)), random);
  assert.throws(() => openLockShare(box, seedOf(4)), isRefused);
  for (let bit = 0; bit < box.length * 8; bit++) {
    const changed = box.slice();
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => openLockShare(changed, seedOf(3)), isRefused, `bit ${bit}`);
  }
  assert.throws(() => openLockShare(box.subarray(1), seedOf(3)), isRefused);
  assert.throws(() => openLockShare(new Uint8Array(0), seedOf(3)), isRefused);
});
