// A device signs the snapshots it makes with a random key, which the owner certified. Its id
// follows from the key, so no device can speak in another's name.
import { createHash } from 'node:crypto';
import { concatBytes, type DeviceId, deviceId, type Random, toHex, utf8 } from '@kura/base';
import { SIGNING_KEY_BYTES, signAs, signingKeyOf, verifySignature } from './sign.ts';

const DOMAIN = utf8('kura/1 device\n');
const DEVICE_ID_BYTES = 16;

export interface DeviceKey {
  readonly deviceId: DeviceId;
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The owner's, over the public key: 64 bytes. */
  readonly ownerSignature: Uint8Array;
}

export interface DeviceRequest {
  readonly ownerSeed: Uint8Array;
  readonly random: Random;
}

export function newDevice({ ownerSeed, random }: DeviceRequest): DeviceKey {
  const seed = random.bytes(SIGNING_KEY_BYTES);
  const publicKey = signingKeyOf(seed);
  const ownerSignature = signAs(ownerSeed, concatBytes(DOMAIN, publicKey));
  return { deviceId: deviceIdOf(publicKey), seed, publicKey, ownerSignature };
}

/** The first 16 bytes of SHA-256 of the public key. */
export function deviceIdOf(publicKey: Uint8Array): DeviceId {
  const hash = createHash('sha256').update(publicKey).digest();
  return deviceId(toHex(hash.subarray(0, DEVICE_ID_BYTES)));
}

export interface DeviceClaim {
  readonly publicKey: Uint8Array;
  readonly ownerSignature: Uint8Array;
  readonly ownerKey: Uint8Array;
}

export function verifyDevice({ publicKey, ownerSignature, ownerKey }: DeviceClaim): boolean {
  if (publicKey.length !== SIGNING_KEY_BYTES) return false;
  const message = concatBytes(DOMAIN, publicKey);
  return verifySignature({ publicKey: ownerKey, message, signature: ownerSignature });
}
