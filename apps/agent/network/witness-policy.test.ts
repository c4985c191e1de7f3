import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anyOf, ed25519PublicKey, formatPolicy, NO_WITNESS } from '@kura/log';
import { policyFor, policyToPin } from './witness-policy.ts';

const keyOf = (name: string, byte: number) => ({
  name,
  publicKey: ed25519PublicKey(new Uint8Array(32).fill(byte)),
});
const LOG_KEY = keyOf('kura.network/one', 1);
const LOG = { origin: LOG_KEY.name, publicKey: LOG_KEY.publicKey };
const none = formatPolicy(anyOf(0, { log: LOG_KEY, witnesses: [] }));
const first = formatPolicy(anyOf(1, { log: LOG_KEY, witnesses: [keyOf('w1', 2)] }));
const second = formatPolicy(anyOf(1, { log: LOG_KEY, witnesses: [keyOf('w2', 3)] }));
const foreign = formatPolicy(
  anyOf(1, { log: keyOf('kura.network/one', 9), witnesses: [keyOf('w1', 2)] }),
);

describe('the policy of a member', () => {
  it('pins the first witnesses that a network names, and keeps them', () => {
    assert.equal(policyToPin(LOG, { pinned: undefined, told: none }), undefined);
    assert.equal(policyToPin(LOG, { pinned: undefined, told: first }), first);
    assert.equal(policyToPin(LOG, { pinned: first, told: second }), first);
    assert.equal(policyToPin(LOG, { pinned: first, told: none }), first, 'nor none of them');
    assert.equal(policyToPin(LOG, { pinned: first, told: undefined }), first);
  });

  it('asks for none as long as none is known', () => {
    assert.equal(policyFor(LOG, undefined).quorum, NO_WITNESS);
    assert.notEqual(policyFor(LOG, first).quorum, NO_WITNESS);
  });

  it('refuses witnesses of another log', () => {
    assert.throws(() => policyToPin(LOG, { pinned: undefined, told: foreign }), {
      code: 'refused',
    });
  });
});
