// Goal: the pinned runtime has the lanes, and they answer as OpenSSL's interface does. Without this, a routine that
// disappeared would only make everything slower. What they compute is compared in conformance.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AssertionError, equalBytes } from '@kura/base';
import { sampleBytes } from '../conformance/bulk.ts';
import { loadNative } from '../load.ts';
import { openFfi } from './library.ts';
import { LANES, Sha256Lanes } from './sha256-lanes.ts';

const isThere = process.platform === 'linux' && process.arch === 'x64';
const { sha256 } = loadNative(isThere ? 'ffi' : 'twin').bulk;

test('the pinned runtime hashes in lanes', { skip: !isThere && 'x64 only' }, () => {
  const lanes = Sha256Lanes.open(openFfi(), sha256);
  assert.ok(lanes !== undefined);
  const inputs = [70_000, 4_096, 65, 64, 63, 1, 0, 0].map(sampleBytes);
  const into = new Uint8Array(LANES * 32);
  lanes.hash(inputs, into);
  const one = new Uint8Array(32);
  for (const [lane, input] of inputs.entries()) {
    sha256(input, one);
    assert.ok(equalBytes(into.subarray(lane * 32, (lane + 1) * 32), one), `lane ${lane}`);
  }
});

test('a longer message behind a shorter one is refused', { skip: !isThere && 'x64 only' }, () => {
  const lanes = Sha256Lanes.open(openFfi(), sha256);
  const inputs = [new Uint8Array(1), new Uint8Array(2)];
  assert.throws(() => lanes?.hash(inputs, new Uint8Array(64)), AssertionError);
});

test('a routine that answers differently is not used', { skip: !isThere && 'x64 only' }, () => {
  const lanes = Sha256Lanes.open(openFfi(), (input, into) => {
    sha256(input, into);
    into[31] = (into[31] ?? 0) ^ 1;
  });
  assert.equal(lanes, undefined);
});
