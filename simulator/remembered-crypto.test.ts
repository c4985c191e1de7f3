// What is answered from memory is what node:crypto says: the same keys, signatures, verdicts and secrets, and
// never an answer to another question.
import assert from 'node:assert/strict';
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { before, test } from 'node:test';
import { equalBytes } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { rememberCrypto } from './remembered-crypto.ts';

const random = new SeededRandom(7);
const seeds = [random.bytes(32), random.bytes(32)] as const;
const messages = [random.bytes(100), random.bytes(101)] as const;

const privateKey = (seed: Uint8Array, asymmetricKeyType: 'ed25519' | 'x25519'): KeyObject =>
  createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType });
const publicBytes = (seed: Uint8Array, asymmetricKeyType: 'ed25519' | 'x25519'): Uint8Array =>
  createPublicKey(privateKey(seed, asymmetricKeyType)).export({ format: 'raw-public' });
const publicKey = (seed: Uint8Array, asymmetricKeyType: 'ed25519' | 'x25519'): KeyObject => {
  const key = publicBytes(seed, asymmetricKeyType);
  return createPublicKey({ key, format: 'raw-public', asymmetricKeyType });
};

/** Everything that is remembered, asked once. */
function answers(): readonly Uint8Array[] {
  const [one, other] = seeds;
  const exchange = (mine: Uint8Array, theirs: Uint8Array): Uint8Array =>
    diffieHellman({
      privateKey: privateKey(mine, 'x25519'),
      publicKey: publicKey(theirs, 'x25519'),
    });
  const signed = seeds.flatMap((seed) =>
    messages.map((message) => sign(null, message, privateKey(seed, 'ed25519'))),
  );
  const derived = messages.flatMap((salt) =>
    ['a', 'b'].map((info) => new Uint8Array(hkdfSync('sha256', one, salt, info, 48))),
  );
  const verdicts = seeds.flatMap((seed) =>
    messages.flatMap((message) =>
      signed.map((signature) =>
        verify(null, message, publicKey(seed, 'ed25519'), signature) ? 1 : 0,
      ),
    ),
  );
  return [
    ...seeds.flatMap((seed) => [publicBytes(seed, 'ed25519'), publicBytes(seed, 'x25519')]),
    ...signed,
    ...derived,
    exchange(one, other),
    exchange(other, one),
    new Uint8Array(verdicts),
  ];
}

let computed: readonly Uint8Array[] = [];

before(() => {
  computed = answers();
  rememberCrypto();
});

test('answers from memory are those that were computed', () => {
  for (const round of [1, 2, 3]) {
    for (const [index, answer] of answers().entries()) {
      const expected = computed[index] ?? new Uint8Array(0);
      assert.ok(equalBytes(answer, expected), `answer ${index}, round ${round}`);
    }
  }
});

test('a signature that was changed is wrong, also after the right one was remembered', () => {
  const [seed] = seeds;
  const [message] = messages;
  const signature = sign(null, message, privateKey(seed, 'ed25519'));
  assert.ok(verify(null, message, publicKey(seed, 'ed25519'), signature));
  signature[0] = (signature[0] ?? 0) ^ 1;
  assert.ok(!verify(null, message, publicKey(seed, 'ed25519'), signature));
  const again = sign(null, message, privateKey(seed, 'ed25519'));
  assert.ok(verify(null, message, publicKey(seed, 'ed25519'), again), 'the caller may change it');
});
