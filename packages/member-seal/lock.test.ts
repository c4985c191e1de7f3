// Goal: a lock is a root of its own, and its secret comes back under all three parts of its key and no others (D16).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes, KuraError } from '@kura/base';
import { fixedRandom } from './fixed-random.ts';
import { FIRST_LOCK_EPOCH, lockedKeys, newLockSecret, unwrapLock, wrapLock } from './lock.ts';
import { deriveMemberKeys, newRoot } from './member-keys.ts';

const random = fixedRandom('locks');
const keys = deriveMemberKeys(newRoot(random));
const secret = newLockSecret(random);

test('D16: a lock changes all that names, cuts and seals content, and nothing else', () => {
  const locked = lockedKeys(keys, secret);
  assert.ok(locked.epoch >= FIRST_LOCK_EPOCH && locked.epoch < 2 ** 32);
  const own = ['epoch', 'chunkIdKeys', 'chunkerKey', 'publicKeys', 'privateKeys'] as const;
  for (const name of own) assert.notDeepEqual(locked[name], keys[name], name);
  const { memberId, ownerSeed, localKey, lockKey } = locked;
  assert.deepEqual({ ...keys, memberId, ownerSeed, localKey, lockKey }, keys);
  assert.deepEqual(lockedKeys(keys, secret), locked);
  assert.notEqual(lockedKeys(keys, newLockSecret(random)).epoch, locked.epoch);
});

test('D16: the secret opens under member, share and evidence of that day, and under no other', () => {
  const share = random.bytes(32);
  const evidence = random.bytes(32);
  const terms = { keys, share, evidence };
  const wrapped = wrapLock(secret, terms, random);
  assert.ok(equalBytes(unwrapLock(wrapped, terms), secret));
  const flipped = wrapped.slice();
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  const others = [
    [wrapped, { ...terms, share: random.bytes(32) }],
    [wrapped, { ...terms, share: undefined }],
    [wrapped, { ...terms, evidence: random.bytes(32) }],
    [wrapped, { ...terms, keys: deriveMemberKeys(newRoot(random)) }],
    [flipped, terms],
  ] as const;
  for (const [bytes, other] of others) {
    assert.throws(
      () => unwrapLock(bytes, other),
      (error) => error instanceof KuraError && error.code === 'refused',
    );
  }
});
