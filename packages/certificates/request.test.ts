import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { equalBytes, KuraError } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { pointOf, readKey } from './ec-key.ts';
import { MAX_REQUEST_BYTES, newRequest, readRequest } from './request.ts';

const hostile = (error: unknown): boolean => error instanceof KuraError && error.code === 'hostile';

test('a request carries its key and is bounded', () => {
  const random = new SeededRandom(1);
  for (let count = 0; count < 50; count++) {
    const { keyPem, request } = newRequest(random);
    assert.ok(request.length <= MAX_REQUEST_BYTES);
    assert.ok(equalBytes(readRequest(request), pointOf(readKey(keyPem))));
  }
});

test('no byte of a request can be another one', () => {
  const { request } = newRequest(new SeededRandom(2));
  for (let at = 0; at < request.length; at++) {
    for (const flip of [0x01, 0x80]) {
      const changed = request.slice();
      changed[at] = (changed[at] ?? 0) ^ flip;
      assert.throws(() => readRequest(changed), hostile, `byte ${at}`);
    }
  }
});

test('nothing shorter, longer or empty is a request', () => {
  const { request } = newRequest(new SeededRandom(3));
  for (let length = 0; length < request.length; length++) {
    assert.throws(() => readRequest(request.subarray(0, length)), hostile);
  }
  assert.throws(() => readRequest(Buffer.concat([request, Buffer.of(0)])), hostile);
  assert.throws(() => readRequest(new Uint8Array(MAX_REQUEST_BYTES)), hostile);
  assert.throws(() => readRequest(new Uint8Array(MAX_REQUEST_BYTES + 1)), hostile);
});

test('a request for somebody else’s key is refused: the signature shows who has it', () => {
  const mine = newRequest(new SeededRandom(4)).request;
  const other = newRequest(new SeededRandom(5)).request;
  const stolen = mine.slice();
  const pointAt = 36;
  stolen.set(other.subarray(pointAt, pointAt + 65), pointAt);
  assert.throws(() => readRequest(stolen), hostile);
});

test('keys of another curve or kind are refused', () => {
  const p384 = createPrivateKey({
    key: new Uint8Array(48).fill(1),
    format: 'raw-private',
    asymmetricKeyType: 'ec',
    namedCurve: 'P-384',
  });
  const pem = p384.export({ type: 'pkcs8', format: 'pem' }).toString();
  assert.throws(() => readKey(pem), /P-256/);
  assert.throws(() => readKey('no key'), /no private key/);
});
