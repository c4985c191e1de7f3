// Goal: memory that begins on a large page, as long as was asked for, and nobody else's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadNative } from '../load.ts';
import { openFfi } from './library.ts';

const LARGE_PAGE_BYTES = 2 ** 21;

test('memory in large pages begins on one, and is zeros', () => {
  const ffi = openFfi();
  const native = loadNative('ffi');
  for (const sizeBytes of [1, LARGE_PAGE_BYTES, LARGE_PAGE_BYTES + 1]) {
    const pages = native.allocateLargePages(sizeBytes);
    assert.equal(pages.length, sizeBytes);
    assert.equal(ffi.getRawPointer(pages) % BigInt(LARGE_PAGE_BYTES), 0n);
    assert.ok(pages.every((byte) => byte === 0));
  }
});

test('two allocations share nothing', () => {
  for (const kind of ['ffi', 'twin'] as const) {
    const { allocateLargePages } = loadNative(kind);
    const [one, other] = [allocateLargePages(64), allocateLargePages(64)];
    one.fill(1);
    assert.ok(other.every((byte) => byte === 0));
  }
});
