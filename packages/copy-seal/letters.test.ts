// Goal: only the member opens a letter, only the network makes one, none passes for another kind, and a store sees of
// a notice what it sees of any copy (A16, B5).
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { equalBytes, KuraError } from '@kura/base';
import { ed25519PublicKey } from '@kura/log';
import { letterOverhead, openLetter, sealLetter, signLetter } from './letters.ts';
import { noticeName } from './notices.ts';

const SIZE = 16 * 1024;
const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const publicOf = (seed: Uint8Array): Uint8Array => {
  const key = createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'x25519' });
  return new Uint8Array(createPublicKey(key).export({ format: 'raw-public' }));
};
const noticeSeed = seedOf(3);
const noticeKey = publicOf(noticeSeed);
const coordinatorSeed = seedOf(5);
const coordinatorKey = ed25519PublicKey(coordinatorSeed);
const keys = { noticeSeed, noticeKey, coordinatorKey };
const text = JSON.stringify({ moved: 'from Osaka to Frankfurt, 大阪' });

const seal = (words = text, signer = coordinatorSeed): Uint8Array =>
  sealLetter('notice', {
    ...{ text: words, noticeKey, sizeBytes: SIZE },
    signature: signLetter('notice', words, signer),
  });
const open = (bytes: Uint8Array, by = keys): string => openLetter('notice', bytes, by);

const isRefused =
  (why: RegExp) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === 'refused' && why.test(error.message);

test('A16: a notice opens for its member, and fills its pack whatever it says', () => {
  assert.equal(open(seal(), keys), text);
  assert.equal(seal().length, SIZE);
  const longest = 'x'.repeat(SIZE - letterOverhead('notice'));
  assert.equal(open(seal(longest), keys), longest);
  assert.ok(equalBytes(seal(), seal()), 'a gateway that begins anew sends the same');
});

test('A16: another member, another network, and every changed byte are refused', () => {
  const other = { ...keys, noticeSeed: seedOf(4), noticeKey: publicOf(seedOf(4)) };
  assert.throws(() => open(seal(), other), isRefused(/somebody else/));
  assert.throws(() => open(seal(text, seedOf(6)), keys), isRefused(/has not signed/));
  const good = seal();
  for (let at = 0; at < good.length; at += at < 64 ? 1 : 97) {
    const bad = good.slice();
    bad[at] = (bad[at] ?? 0) ^ 1;
    assert.throws(() => open(bad, keys), isRefused(/./), `byte ${at}`);
  }
  for (const size of [0, 12, 45, letterOverhead('notice')]) {
    assert.throws(() => open(good.subarray(0, size), keys), isRefused(/./));
  }
});

test('B5: a letter of one kind never passes for another', () => {
  const signature = signLetter('notice', text, coordinatorSeed);
  const keyring = sealLetter('keyring', { text, signature, noticeKey, sizeBytes: SIZE });
  assert.throws(() => open(keyring), isRefused(/notice is refused: it is none/));
  assert.throws(
    () => openLetter('keyring', seal(), keys),
    isRefused(/keyring is refused: it is none/),
  );
  assert.throws(() => openLetter('keyring', keyring, keys), isRefused(/has not signed/));
});

test('A16: names of notices follow from the key and the number alone', () => {
  const names = [1, 2, 3].map((number) => noticeName(seedOf(7), number));
  assert.equal(new Set(names).size, 3);
  assert.equal(noticeName(seedOf(7), 2), names[1]);
  assert.notEqual(noticeName(seedOf(8), 2), names[1]);
});
