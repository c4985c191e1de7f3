// A device that is called back in the middle of a write: a store was not who it should be, and before another one
// gets the pack the member has to be there and be itself (mission A15). Signed with the device's own key, apart from
// any certificate and any connection.
import {
  assert,
  ByteWriter,
  fromHex,
  KuraError,
  type PackId,
  type StoreId,
  utf8,
} from '@kura/base';
import { signEd25519, verifyEd25519 } from '@kura/log/ed25519.ts';

export interface PresenceClaim {
  /** 32 random bytes of the gateway's, never used again. */
  readonly challenge: Uint8Array;
  readonly packId: PackId;
  /** The store that failed. */
  readonly storeId: StoreId;
}

export const PRESENCE_CHALLENGE_BYTES = 32;
const DOMAIN = utf8('kura/1 callback\n');

function encode({ challenge, packId, storeId }: PresenceClaim): Uint8Array {
  assert(challenge.length === PRESENCE_CHALLENGE_BYTES, 'a challenge is 32 bytes');
  const writer = new ByteWriter(DOMAIN.length + PRESENCE_CHALLENGE_BYTES + 32 + 16);
  writer.raw(DOMAIN);
  writer.raw(challenge);
  writer.raw(fromHex(packId));
  writer.raw(fromHex(storeId));
  return writer.bytes();
}

/** 64 bytes. `seed`: the device's. */
export function signPresence(claim: PresenceClaim, seed: Uint8Array): Uint8Array {
  return signEd25519(encode(claim), seed);
}

/** Throws `refused` unless the device with this key answered this challenge. */
export function verifyPresence(
  claim: PresenceClaim,
  signature: Uint8Array,
  deviceKey: Uint8Array,
): void {
  if (verifyEd25519(encode(claim), signature, deviceKey)) return;
  throw new KuraError('refused', 'the device that sends this pack did not sign the challenge', {
    guidance: 'Run it again on the device that began it.',
    context: { reason: 'signature', packId: claim.packId },
  });
}
