import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LruCache } from './lru-cache.ts';

describe('a bounded map', () => {
  it('drops what was not used for longest, and releases it once', () => {
    const released: string[] = [];
    const cache = new LruCache<number, string>(2, (value) => released.push(value));
    cache.set(1, 'one');
    cache.set(2, 'two');
    assert.equal(cache.get(1), 'one');
    cache.set(3, 'three');
    assert.deepEqual(released, ['two']);
    assert.deepEqual([cache.get(1), cache.get(2), cache.get(3)], ['one', undefined, 'three']);
    cache.clear();
    assert.deepEqual(released.toSorted(), ['one', 'three', 'two']);
    cache.clear();
    assert.equal(released.length, 3);
  });

  it('releases what another value takes the place of, and not a value set again', () => {
    const released: string[] = [];
    const cache = new LruCache<number, string>(2, (value) => released.push(value));
    cache.set(1, 'one');
    cache.set(1, 'one');
    assert.deepEqual(released, []);
    cache.set(1, 'other');
    assert.deepEqual(released, ['one']);
    assert.equal(cache.get(1), 'other');
  });
});
