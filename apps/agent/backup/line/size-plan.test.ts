import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GIB, MIB, STANDARD_SHAPE } from '@kura/base';
import { SizePlan } from './size-plan.ts';

const [, medium, large] = STANDARD_SHAPE.packLeaves;
const OPEN_PACKS = 2;

function planWith(options: { remaining?: number; plain?: number; packed?: number }): number {
  const plan = new SizePlan(STANDARD_SHAPE, OPEN_PACKS);
  plan.learn(options.plain ?? 0, options.packed ?? 0);
  if (options.remaining !== undefined) plan.remaining(options.remaining);
  return plan.dataPackLeaves();
}

describe('how large the next pack may grow', () => {
  it('medium while nobody knows how much is to come, large once much has come', () => {
    assert.equal(planWith({}), medium);
    assert.equal(planWith({ plain: GIB, packed: GIB }), large);
  });

  it('large while much is known to come, medium near the end', () => {
    assert.equal(planWith({ remaining: 10 * GIB }), large);
    assert.equal(planWith({ remaining: MIB }), medium);
    assert.equal(planWith({ remaining: 0, plain: GIB, packed: GIB }), medium);
  });

  it('each open pack of two lines has to be filled: at the bound, and not one byte below', () => {
    const bound = large * STANDARD_SHAPE.leafBytes * 2 * OPEN_PACKS;
    assert.equal(planWith({ remaining: bound }), large);
    assert.equal(planWith({ remaining: bound - 1 }), medium);
  });

  it('what compresses well needs more plaintext to fill a pack; too little learnt says nothing', () => {
    const bound = large * STANDARD_SHAPE.leafBytes * 2 * OPEN_PACKS;
    assert.equal(planWith({ remaining: bound, plain: 100 * MIB, packed: 10 * MIB }), medium);
    assert.equal(planWith({ remaining: 10 * bound, plain: 100 * MIB, packed: 10 * MIB }), large);
    assert.equal(planWith({ remaining: bound, plain: MIB - 1, packed: 1 }), large);
  });

  it('nothing learnt and nothing left is no number, and still a size', () => {
    assert.equal(planWith({ remaining: Number.POSITIVE_INFINITY }), medium);
    const plan = new SizePlan(STANDARD_SHAPE, OPEN_PACKS);
    plan.learn(0, 64 * MIB);
    assert.equal(plan.dataPackLeaves(), large);
  });
});
