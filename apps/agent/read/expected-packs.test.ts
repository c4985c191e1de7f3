// Goal: what is asked for whole is wanted for the most part, whatever packs hold; before anything is known of packs,
// nothing is (D6).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import type { PackDirectory } from '@kura/format';
import { ExpectedPacks } from './expected-packs.ts';

const LEAVES = 64;
const row: PackRow = {
  packId: packId('1a'.repeat(32)),
  ...{ leafCount: LEAVES, state: 'standing', markedMs: undefined, copies: [] },
};
const rowOf = (): PackRow => row;
const holding = (plainBytes: number): PackDirectory =>
  ({ frames: [{ plainBytes }, { plainBytes }] }) as unknown as PackDirectory;
const piecesOf = (wanted: Readonly<Record<number, number>>) =>
  Object.entries(wanted).map(([number, length]) => ({ packNumber: Number(number), length }));

describe('D6: packs that are expected', () => {
  it('are the one that is come to and the next, if most of them is wanted', () => {
    const packs = new ExpectedPacks();
    packs.begin(piecesOf({ 1: 900, 2: 1000, 3: 500, 4: 1000 }));
    assert.deepEqual(packs.whole(1, rowOf), [], 'nobody knows what a pack holds');
    packs.learn(holding(500), row);
    assert.deepEqual(packs.whole(1, rowOf), [1, 2]);
    assert.deepEqual(packs.whole(2, rowOf), [2]);
    assert.deepEqual(packs.whole(3, rowOf), [4]);
    assert.deepEqual(packs.whole(5, rowOf), [], 'nobody wants it');
  });

  it('hold more where they are compressed: as much of them is a smaller part', () => {
    const packs = new ExpectedPacks();
    packs.begin(piecesOf({ 1: 1000 }));
    packs.learn(holding(5000), row);
    assert.deepEqual(packs.whole(1, rowOf), []);
  });

  it('are those of what is read now', () => {
    const packs = new ExpectedPacks();
    packs.learn(holding(500), row);
    packs.begin([...piecesOf({ 1: 1000 }), { packNumber: undefined, length: 1000 }]);
    assert.deepEqual(packs.whole(1, rowOf), [1]);
    packs.begin(piecesOf({ 2: 1000 }));
    assert.deepEqual(packs.whole(1, rowOf), []);
  });
});
