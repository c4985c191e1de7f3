import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packId, toHex } from '@kura/base';
import { derivePackKey, ENVELOPE_BYTES, newEnvelope, openEnvelope } from './envelope.ts';
import { fixedRandom } from './fixed-random.ts';
import { deriveMemberKeys, newRoot, savingKeys } from './member-keys.ts';

const random = fixedRandom('envelope');
const member = deriveMemberKeys(newRoot(random));
const stranger = deriveMemberKeys(newRoot(random));

test('what is sealed with the public keys opens with the private ones', () => {
  const { envelope, sessionSecret } = newEnvelope(savingKeys(member), random);
  assert.equal(envelope.length, ENVELOPE_BYTES);
  assert.deepEqual(openEnvelope(member, envelope), sessionSecret);
});

test('R7: two sessions never share a secret or an envelope', () => {
  const same = { publicKeys: member.publicKeys };
  const first = newEnvelope(same, fixedRandom('the same chance'));
  const second = newEnvelope(same, fixedRandom('the same chance'));
  assert.notDeepEqual(first.envelope, second.envelope);
  assert.notDeepEqual(first.sessionSecret, second.sessionSecret);
});

test('D2: a device with the saving keys alone cannot open its own envelope', () => {
  const saving = savingKeys(member);
  const { envelope, sessionSecret } = newEnvelope(saving, random);
  // @ts-expect-error: without private halves this is no key to read with
  assert.throws(() => openEnvelope(saving, envelope));
  const guess = { publicKeys: saving.publicKeys, privateKeys: stranger.privateKeys };
  assert.notDeepEqual(openEnvelope(guess, envelope), sessionSecret);
});

test('both halves are needed: either private key alone gives another secret', () => {
  const { envelope, sessionSecret } = newEnvelope(member, random);
  const { x25519Seed, mlkemSeed } = member.privateKeys;
  const halves = [
    { x25519Seed, mlkemSeed: stranger.privateKeys.mlkemSeed },
    { x25519Seed: stranger.privateKeys.x25519Seed, mlkemSeed },
  ];
  for (const privateKeys of halves) {
    const opened = openEnvelope({ publicKeys: member.publicKeys, privateKeys }, envelope);
    assert.notDeepEqual(opened, sessionSecret);
  }
});

test('any changed bit of an envelope gives another secret or is corrupt', () => {
  const { envelope, sessionSecret } = newEnvelope(member, random);
  for (let at = 0; at < envelope.length; at += 7) {
    const changed = envelope.slice();
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    let opened: Uint8Array | undefined;
    try {
      opened = openEnvelope(member, changed);
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'corrupt');
    }
    assert.notDeepEqual(opened, sessionSecret);
  }
});

test('envelopes that cannot be are corrupt: lengths, and a key of low order', () => {
  const { envelope } = newEnvelope(member, random);
  const lowOrder = envelope.slice();
  lowOrder.fill(0, 0, 32);
  const impossible = [new Uint8Array(0), envelope.subarray(1), new Uint8Array(1121), lowOrder];
  for (const bytes of impossible) {
    assert.throws(() => openEnvelope(member, bytes), { code: 'corrupt' });
  }
});

test('R7: session, pack id and epoch each change the key of a pack and its commitment', () => {
  const base = { sessionSecret: random.bytes(32), packId: freshId(), epoch: 0 };
  const requests = [
    base,
    { ...base, sessionSecret: random.bytes(32) },
    { ...base, packId: freshId() },
    { ...base, epoch: 1 },
    { ...base, epoch: 256 },
  ];
  const derived = requests.map(derivePackKey).flatMap(({ key, commitment }) => [key, commitment]);
  assert.equal(new Set(derived.map(toHex)).size, 10);
  assert.deepEqual(derivePackKey(base), derivePackKey({ ...base }));
});

function freshId(): ReturnType<typeof packId> {
  return packId(toHex(random.bytes(32)));
}
