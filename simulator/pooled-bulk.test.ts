// Goal: nobody can tell a pooled cipher from a new one, but by what it costs.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes } from '@kura/base';
import { CIPHERS, IV_BYTES, loadNative } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { pooledBulk } from './pooled-bulk.ts';

const { bulk } = loadNative('twin');
const random = new SeededRandom(3);
const keys = [random.bytes(32), random.bytes(32)] as const;
const plain = random.bytes(4096);

test('a cipher that was used and freed gives the same bytes to its next owner', () => {
  const pooled = pooledBulk(bulk);
  for (const name of CIPHERS) {
    const iv = random.bytes(IV_BYTES[name]);
    for (const key of [...keys, ...keys]) {
      const [expected, actual] = [bulk, pooled].map((one) => {
        const output = new Uint8Array(plain.length);
        const cipher = one.cipher(name, key, 'encrypt');
        cipher.apply(iv, plain, output);
        cipher.free();
        return output;
      });
      assert.ok(equalBytes(expected ?? plain, actual ?? plain), name);
    }
  }
});

test('two owners of one key at once do not share, and what is sealed opens', () => {
  const pooled = pooledBulk(bulk);
  const [key] = keys;
  const nonce = random.bytes(12);
  for (const round of [1, 2]) {
    const [one, other] = [pooled.gcm(key), pooled.gcm(key)];
    const buffer = new Uint8Array(116);
    buffer.set(plain.subarray(0, 100));
    one.seal(nonce, new Uint8Array(0), buffer);
    one.free();
    assert.ok(other.open(nonce, new Uint8Array(0), buffer), `round ${round}`);
    assert.ok(equalBytes(buffer.subarray(0, 100), plain.subarray(0, 100)));
    other.free();
  }
});

test('a cipher is of no use after it was freed, and freeing it twice frees nobody else', () => {
  const pooled = pooledBulk(bulk);
  const first = pooled.gcm(keys[0]);
  first.free();
  const second = pooled.gcm(keys[0]);
  first.free();
  const buffer = new Uint8Array(32);
  second.seal(random.bytes(12), new Uint8Array(0), buffer);
  assert.throws(() => first.seal(random.bytes(12), new Uint8Array(0), buffer), /not freed/);
});
