import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STANDARD_SHAPE } from '@kura/base';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { SizePlan } from '../backup/line/size-plan.ts';
import { LineSpeed, maxLeavesAt, readLineSpeed, writeLineSpeed } from './line-speed.ts';

const [small, medium, large] = STANDARD_SHAPE.packLeaves;

describe('C8: the speed of the line', () => {
  it('is what was sent in the time in which anything was under way', () => {
    const speed = new LineSpeed(undefined);
    assert.equal(speed.bytesPerS, undefined);
    speed.note({ bytes: 1000, startMs: 0, endMs: 1000 });
    assert.equal(speed.bytesPerS, 1000);
    speed.note({ bytes: 1000, startMs: 0, endMs: 1000 });
    assert.equal(speed.bytesPerS, 2000);
    speed.note({ bytes: 4000, startMs: 50_000, endMs: 51_000 });
    assert.equal(speed.bytesPerS, 3000);
  });

  it('is that of the last uploads: a line that becomes slow is noticed', () => {
    const speed = new LineSpeed(1_000_000);
    for (let at = 0; at < 8; at++) {
      speed.note({ bytes: 100, startMs: at * 1000, endMs: (at + 1) * 1000 });
    }
    assert.equal(speed.bytesPerS, 100);
  });

  it('decides how large packs are: at each bound, and just below', () => {
    const leaves = [249_999, 250_000, 2_499_999, 2_500_000, undefined].map((bytesPerS) =>
      maxLeavesAt(bytesPerS, STANDARD_SHAPE),
    );
    assert.deepEqual(leaves, [small, medium, medium, large, large]);
    assert.equal(maxLeavesAt(99, STANDARD_SHAPE, [10, 100]), medium);
  });

  it('bounds a plan that would make larger ones', () => {
    for (const most of [small, medium, large]) {
      const plan = new SizePlan(STANDARD_SHAPE, 2, () => most);
      plan.remaining(2 ** 40);
      assert.equal(plan.dataPackLeaves(), most);
    }
  });

  it('is remembered, and a damaged memory of it is none', async () => {
    const disk = new MemoryDisk();
    const random = new SeededRandom(1);
    assert.equal(readLineSpeed(disk, '/home'), undefined);
    await writeLineSpeed({ disk, random }, '/home', 1234.6);
    assert.equal(readLineSpeed(disk, '/home'), 1235);
    disk.flip('/home/agent/line.json', 0);
    assert.equal(readLineSpeed(disk, '/home'), undefined);
  });
});
