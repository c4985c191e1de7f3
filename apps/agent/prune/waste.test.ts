import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseRepacks, type PackWaste, type UnusedLimit } from './waste.ts';

/** Only the figures matter here. */
function waste(usedBytes: number, unusedBytes: number): PackWaste {
  return { entry: {} as PackWaste['entry'], usedBytes, unusedBytes };
}

const FULL = waste(100, 0);
const TENTH = waste(90, 10);
const HALF = waste(50, 50);
const MOST = waste(10, 90);

describe('which packs are written anew', () => {
  const chosen = (maxUnused: UnusedLimit): readonly PackWaste[] =>
    chooseRepacks([TENTH, FULL, MOST, HALF], maxUnused);

  it('those with the greatest unused share first, until the limit is kept', () => {
    assert.deepEqual(chosen({ kind: 'bytes', bytes: 60 }), [MOST]);
    assert.deepEqual(chosen({ kind: 'bytes', bytes: 59 }), [MOST, HALF]);
    assert.deepEqual(chosen({ kind: 'bytes', bytes: 0 }), [MOST, HALF, TENTH]);
  });

  it('none if the limit is kept already, or if there is none', () => {
    assert.deepEqual(chosen({ kind: 'bytes', bytes: 150 }), []);
    assert.deepEqual(chosen({ kind: 'unlimited' }), []);
  });

  it('a share is one of what is used', () => {
    // 250 used, 150 unused: 20 % of 250 are 50, and 60 are left without the first.
    assert.deepEqual(chosen({ kind: 'share', share: 0.2 }), [MOST, HALF]);
    assert.deepEqual(chosen({ kind: 'share', share: 0.24 }), [MOST]);
    assert.deepEqual(chosen({ kind: 'share', share: 0.6 }), []);
    assert.deepEqual(chosen({ kind: 'share', share: 0 }), [MOST, HALF, TENTH]);
  });

  it('never one that is used in full', () => {
    assert.deepEqual(chooseRepacks([FULL, FULL], { kind: 'bytes', bytes: 0 }), []);
  });
});
