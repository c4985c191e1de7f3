import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '@kura/base';
import { deviceIdOf, newDevice, verifyDevice } from './device.ts';
import { fixedRandom } from './fixed-random.ts';
import { signAs, signingKeyOf, verifySignature } from './sign.ts';

const random = fixedRandom('devices');
const ownerSeed = random.bytes(32);
const ownerKey = signingKeyOf(ownerSeed);

test('a new device is certified by its owner and by nobody else', () => {
  const device = newDevice({ ownerSeed, random });
  assert.equal(verifyDevice({ ...device, ownerKey }), true);
  assert.equal(verifyDevice({ ...device, ownerKey: signingKeyOf(random.bytes(32)) }), false);
  const other = newDevice({ ownerSeed, random });
  assert.equal(verifyDevice({ ...device, publicKey: other.publicKey, ownerKey }), false);
});

test('the id of a device follows from its key', () => {
  const device = newDevice({ ownerSeed, random });
  assert.equal(device.deviceId, deviceIdOf(device.publicKey));
  assert.notEqual(device.deviceId, newDevice({ ownerSeed, random }).deviceId);
});

test('a signature of the owner for another purpose certifies no device', () => {
  const device = newDevice({ ownerSeed, random });
  const ownerSignature = signAs(ownerSeed, device.publicKey);
  assert.equal(verifyDevice({ ...device, ownerSignature, ownerKey }), false);
});

test('R8: every flipped bit of a certificate is found, and so are impossible lengths', () => {
  const device = newDevice({ ownerSeed, random });
  for (let bit = 0; bit < 512; bit++) {
    const ownerSignature = device.ownerSignature.slice();
    ownerSignature[bit >> 3] = (ownerSignature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(verifyDevice({ ...device, ownerSignature, ownerKey }), false);
  }
  const short = new Uint8Array(5);
  assert.equal(verifyDevice({ ...device, publicKey: short, ownerKey }), false);
  assert.equal(verifyDevice({ ...device, ownerKey: short }), false);
  assert.equal(verifyDevice({ ...device, ownerSignature: short, ownerKey }), false);
});

test('signatures are Ed25519 (RFC 8032, test 2)', () => {
  const seed = Buffer.from(
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    'hex',
  );
  const publicKey = signingKeyOf(seed);
  const message = new Uint8Array([0x72]);
  const signature = signAs(seed, message);
  assert.equal(
    Buffer.from(signature).toString('hex'),
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  );
  assert.equal(verifySignature({ publicKey, message, signature }), true);
  assert.equal(verifySignature({ publicKey, message: utf8('s'), signature }), false);
});
