import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type StoreId, storeId } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { type LyingNotice, NOTICE_REACH, overtakenNotices } from './overtaken.ts';

const [A, B, C] = ['a', 'b', 'c'].map((digit) => storeId(digit.repeat(32))) as [
  StoreId,
  StoreId,
  StoreId,
];
const ALL = Number.MAX_SAFE_INTEGER;
const at = (number: number, ...stores: StoreId[]): LyingNotice => ({ number, stores });

describe('A16: notices that are overtaken', () => {
  it('are those that a catalogue covers and a later one replaces; the newest never is', () => {
    const notices = [at(1, A, B), at(2, A, B), at(3, A, B)];
    assert.deepEqual(overtakenNotices(notices, ALL), [1, 2]);
    assert.deepEqual(overtakenNotices(notices, 1), [1]);
    assert.deepEqual(overtakenNotices(notices, 0), []);
  });

  it('are none at a store where no later one lies: a card may know no other store', () => {
    assert.deepEqual(overtakenNotices([at(1, A, B), at(2, B, C), at(3, C)], ALL), [
      // 2 is the last at B.
    ]);
    assert.deepEqual(overtakenNotices([at(1, A), at(2, B), at(3, A, B)], ALL), [1, 2]);
  });

  it('leave no more numbers between two than a card looks ahead', () => {
    const many = Array.from({ length: 50 }, (_, index) => at(index + 1, A));
    const gone = new Set(overtakenNotices(many, ALL));
    const left = many.filter(({ number }) => !gone.has(number)).map(({ number }) => number);
    assert.deepEqual(left, [16, 32, 48, 50]);
    assert.deepEqual(overtakenNotices([at(1, A), at(18, A)], ALL), [], '18 is too far from 0');
  });

  it('any: from each number, who found a notice at a store finds one there afterwards', () => {
    const random = new SeededRandom(16);
    for (let round = 0; round < 300; round++) {
      const notices = Array.from({ length: 60 }, (_, index) =>
        at(index + 1, ...[A, B, C].filter(() => random.below(3) > 0)),
      ).filter(({ stores }) => stores.length > 0 && random.below(4) > 0);
      const gone = new Set(overtakenNotices(notices, random.below(60)));
      const after = notices.filter(({ number }) => !gone.has(number));
      const finds = (all: readonly LyingNotice[], from: number, store: StoreId): boolean =>
        all.some(
          ({ number, stores }) =>
            number > from && number <= from + NOTICE_REACH && stores.includes(store),
        );
      for (const store of [A, B, C]) {
        for (let from = 0; from < 60; from++) {
          if (finds(notices, from, store)) assert.ok(finds(after, from, store), `${round} ${from}`);
        }
      }
    }
  });
});
