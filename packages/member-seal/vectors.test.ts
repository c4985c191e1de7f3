import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fromHex, packId, toHex } from '@kura/base';
import { deviceIdOf, verifyDevice } from './device.ts';
import { derivePackKey, openEnvelope } from './envelope.ts';
import { openLocal } from './local.ts';
import { deriveMemberKeys, type Root } from './member-keys.ts';
import { rootToWords, wordsToRoot } from './words.ts';
import { unwrapRoot } from './wrap.ts';

function load<T>(name: string): T {
  const path = new URL(`../../vectors/member-seal/${name}`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** Bytes as hex, as the files have them. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_name, item: unknown) =>
    item instanceof Uint8Array ? toHex(item) : item,
  );
  return JSON.parse(text);
}

interface KeysFile {
  readonly root: string;
  readonly words: { readonly english: string; readonly japanese: string };
  readonly refused: readonly { readonly why: string; readonly words: string }[];
  readonly keys: { readonly ownerKey: string };
  readonly epoch1: unknown;
  readonly device: {
    readonly deviceId: string;
    readonly publicKey: string;
    readonly ownerSignature: string;
  };
}

const keysFile = load<KeysFile>('keys.json');
const root = fromHex(keysFile.root) as Root;
const keys = deriveMemberKeys(root);

test('vectors: keys of a root, in two epochs', () => {
  assert.deepEqual(plain(keys), keysFile.keys);
  const { publicKeys, privateKeys } = deriveMemberKeys(root, 1);
  assert.deepEqual(plain({ publicKeys, privateKeys }), keysFile.epoch1);
});

test('vectors: words of a root, and words that are refused', () => {
  for (const language of ['english', 'japanese'] as const) {
    assert.equal(rootToWords(root, language), keysFile.words[language]);
    assert.deepEqual(wordsToRoot(keysFile.words[language]), root);
  }
  for (const { why, words } of keysFile.refused) {
    assert.throws(() => wordsToRoot(words), { code: 'usage' }, why);
  }
});

test('vectors: the certificate of a device', () => {
  const publicKey = fromHex(keysFile.device.publicKey);
  const ownerSignature = fromHex(keysFile.device.ownerSignature);
  assert.equal(verifyDevice({ publicKey, ownerSignature, ownerKey: keys.ownerKey }), true);
  assert.equal(deviceIdOf(publicKey), keysFile.device.deviceId);
});

test('vectors: an envelope, keys of packs, and envelopes that do not open as it', () => {
  const file = load<{
    readonly envelope: string;
    readonly sessionSecret: string;
    readonly packs: readonly {
      readonly packId: string;
      readonly epoch: number;
      readonly key: string;
      readonly commitment: string;
    }[];
    readonly refused: readonly { readonly why: string; readonly envelope: string }[];
    readonly another: readonly { readonly why: string; readonly envelope: string }[];
  }>('envelope.json');
  const sessionSecret = openEnvelope(keys, fromHex(file.envelope));
  assert.equal(toHex(sessionSecret), file.sessionSecret);
  for (const pack of file.packs) {
    const id = packId(pack.packId);
    const { key, commitment } = derivePackKey({ sessionSecret, packId: id, epoch: pack.epoch });
    assert.deepEqual([toHex(key), toHex(commitment)], [pack.key, pack.commitment]);
  }
  for (const { why, envelope } of file.refused) {
    assert.throws(() => openEnvelope(keys, fromHex(envelope)), { code: 'corrupt' }, why);
  }
  for (const { why, envelope } of file.another) {
    assert.notEqual(toHex(openEnvelope(keys, fromHex(envelope))), file.sessionSecret, why);
  }
});

test('vectors: a root under a passphrase, and files that are refused', async () => {
  const file = load<{
    readonly passphrase: string;
    readonly file: unknown;
    readonly refused: readonly {
      readonly why: string;
      readonly code: string;
      readonly passphrase: string;
      readonly file: unknown;
    }[];
  }>('wrapped-root.json');
  assert.deepEqual(await unwrapRoot(file.file, file.passphrase), root);
  for (const { why, code, passphrase, file: wrapped } of file.refused) {
    await assert.rejects(unwrapRoot(wrapped, passphrase), { code }, why);
  }
});

test('vectors: a local record, and records that do not open', () => {
  const file = load<{
    readonly purpose: string;
    readonly bytes: string;
    readonly sealed: string;
    readonly damaged: readonly {
      readonly why: string;
      readonly purpose: string;
      readonly sealed: string;
    }[];
  }>('local-record.json');
  const { localKey } = keys;
  const { purpose } = file;
  assert.equal(toHex(openLocal({ localKey, purpose, sealed: fromHex(file.sealed) })), file.bytes);
  for (const { why, ...record } of file.damaged) {
    const sealed = fromHex(record.sealed);
    const open = () => openLocal({ localKey, purpose: record.purpose, sealed });
    assert.throws(open, { code: 'corrupt' }, why);
  }
});
