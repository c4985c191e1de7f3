// Whether an owner certified a device, for those who know no key of a member but the public one. What is signed is
// made in `@kura/member-seal` (device.ts), which a coordinator cannot import; a test holds the two together.
import { createHash } from 'node:crypto';
import { concatBytes, type DeviceId, deviceId, KuraError, toHex, utf8 } from '@kura/base';
import { verifyEd25519 } from '@kura/log/ed25519.ts';

const DOMAIN = utf8('kura/1 device\n');
const DEVICE_ID_BYTES = 16;

export interface DeviceProof {
  /** Ed25519, raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The owner's, over the public key: 64 bytes. */
  readonly ownerSignature: Uint8Array;
}

/** The device's id. Throws `refused` unless the owner of `ownerKey` certified its key. */
export function openDeviceProof(
  { publicKey, ownerSignature }: DeviceProof,
  ownerKey: Uint8Array,
): DeviceId {
  if (!verifyEd25519(concatBytes(DOMAIN, publicKey), ownerSignature, ownerKey)) {
    throw new KuraError('refused', 'the owner has not certified this device', {
      context: { reason: 'device' },
    });
  }
  const hash = createHash('sha256').update(publicKey).digest();
  return deviceId(toHex(hash.subarray(0, DEVICE_ID_BYTES)));
}
