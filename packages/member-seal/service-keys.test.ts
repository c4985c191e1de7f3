import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, diffieHellman, hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import { equalBytes, KuraError, toHex } from '@kura/base';
import { fixedRandom } from './fixed-random.ts';
import type { Root } from './member-keys.ts';
import { deriveServiceKeys, newCardKey } from './service-keys.ts';
import { FAST_COST, unwrapCardKey, wrapRoot } from './wrap.ts';

const root = new Uint8Array(32).fill(7) as Root;

test('keys of a service follow from the root under labels of their own', () => {
  const { catalogueKey, noticeSeed } = deriveServiceKeys(root);
  const labelled = (label: string): string =>
    toHex(new Uint8Array(hkdfSync('sha256', root, '', label, 32)));
  assert.equal(toHex(catalogueKey), labelled('kura/1 catalogue'));
  assert.equal(toHex(noticeSeed), labelled('kura/1 notices'));
});

test('what is agreed with the public half is agreed with the private half', () => {
  const { noticeSeed, noticeKey } = deriveServiceKeys(root);
  const raw = { asymmetricKeyType: 'x25519' } as const;
  const secretOf = (seed: Uint8Array) =>
    createPrivateKey({ key: seed, format: 'raw-private', ...raw });
  const theirs = secretOf(new Uint8Array(32).fill(9));
  const mine = createPublicKey({ key: noticeKey, format: 'raw-public', ...raw });
  const theirShare = diffieHellman({ privateKey: theirs, publicKey: mine });
  const myShare = diffieHellman({
    privateKey: secretOf(noticeSeed),
    publicKey: createPublicKey(theirs),
  });
  assert.ok(equalBytes(myShare, theirShare));
});

test('A17: the key of a card opens with its passphrase, and with no other', async () => {
  const random = fixedRandom('card');
  const cardKey = newCardKey(random);
  const wrapped = await wrapRoot({ root: cardKey, passphrase: 'right', cost: FAST_COST, random });
  const options = { allowFastCost: true };
  assert.ok(equalBytes(await unwrapCardKey(wrapped, 'right', options), cardKey));
  await assert.rejects(
    unwrapCardKey(wrapped, 'wrong', options),
    (error: unknown) => error instanceof KuraError && error.code === 'wrong_passphrase',
  );
});
