// Ed25519 over raw keys: a seed or a public key is 32 bytes, a signature 64. This is all the signing that
// Kura does. What is signed always begins with a domain line, so that one signature can never stand for
// another; that is the caller's duty.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { assert } from '@kura/base';

export const ED25519_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;

function privateKey(seed: Uint8Array): KeyObject {
  assert(seed.length === ED25519_KEY_BYTES, 'an Ed25519 seed is 32 bytes');
  return createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'ed25519' });
}

export function signEd25519(message: Uint8Array, seed: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey(seed)));
}

/** False for a signature or key of a wrong length too: both may come from outside. */
export function verifyEd25519(
  message: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (publicKey.length !== ED25519_KEY_BYTES) return false;
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
  const key = createPublicKey({
    key: publicKey,
    format: 'raw-public',
    asymmetricKeyType: 'ed25519',
  });
  return verify(null, message, key, signature);
}

/** Raw public key, 32 bytes, of an Ed25519 seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  const key = createPublicKey(privateKey(seed));
  return new Uint8Array(key.export({ format: 'raw-public' }));
}
