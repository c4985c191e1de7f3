import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '@kura/base';
import { fixedRandom } from './fixed-random.ts';
import { deriveMemberKeys, newRoot, type Root, savingKeys } from './member-keys.ts';

const ROOT = newRoot(fixedRandom('member keys'));

/** Every byte string somewhere inside of a value, in hex. */
function byteStrings(value: unknown): string[] {
  if (value instanceof Uint8Array) return [toHex(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(byteStrings);
}

test('everything derived differs from everything else', () => {
  const all = byteStrings(deriveMemberKeys(ROOT));
  assert.equal(all.length, 14);
  assert.equal(new Set(all).size, all.length);
});

test('R4: two members share no key', () => {
  const other = newRoot(fixedRandom('another member'));
  const mine = new Set(byteStrings(deriveMemberKeys(ROOT)));
  const common = byteStrings(deriveMemberKeys(other)).filter((key) => mine.has(key));
  assert.deepEqual(common, []);
});

test('another epoch has other key pairs and the same names of chunks', () => {
  const [first, second] = [deriveMemberKeys(ROOT, 0), deriveMemberKeys(ROOT, 1)];
  assert.notDeepEqual(first.publicKeys, second.publicKeys);
  assert.notDeepEqual(first.privateKeys, second.privateKeys);
  assert.deepEqual(first.chunkIdKeys, second.chunkIdKeys);
  assert.equal(first.memberId, second.memberId);
});

test('the same root gives the same keys, and leaves the root as it was', () => {
  const copy = ROOT.slice() as Root;
  assert.deepEqual(deriveMemberKeys(ROOT), deriveMemberKeys(copy));
  assert.deepEqual(ROOT, copy);
});

test('D2: the saving keys hold no secret that reads, signs or opens', () => {
  const keys = deriveMemberKeys(ROOT);
  const secrets = byteStrings([
    keys.privateKeys,
    keys.ownerSeed,
    keys.localKey,
    keys.lockKey,
    keys.embeddedNetworkSecret,
    ROOT,
  ]);
  const held = byteStrings(savingKeys(keys)).join(' ');
  assert.deepEqual(
    secrets.filter((secret) => held.includes(secret)),
    [],
  );
});

test('saving keys survive the way to a worker thread', () => {
  const saving = savingKeys(deriveMemberKeys(ROOT));
  assert.deepEqual(structuredClone(saving), saving);
});
