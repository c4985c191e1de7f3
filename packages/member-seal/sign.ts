// Ed25519 over raw keys. What is signed always begins with a domain of its own, so that a signature
// for one purpose is never one for another; the callers see to that.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

export const SIGNATURE_BYTES = 64;
export const SIGNING_KEY_BYTES = 32;

function privateKey(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'ed25519' });
}

/** The public key, 32 bytes, of a seed of 32 bytes. */
export function signingKeyOf(seed: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(privateKey(seed)).export({ format: 'raw-public' }));
}

export function signAs(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey(seed)));
}

export interface SignatureClaim {
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** False for every claim that does not hold, also for lengths that make no sense. */
export function verifySignature({ publicKey, message, signature }: SignatureClaim): boolean {
  if (publicKey.length !== SIGNING_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const key = createPublicKey({
    key: publicKey,
    format: 'raw-public',
    asymmetricKeyType: 'ed25519',
  });
  return verify(null, message, key, signature);
}
