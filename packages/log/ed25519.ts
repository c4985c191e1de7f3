// Ed25519 over raw keys: a seed or a public key is 32 bytes, a signature 64. This is all the signing that
// Kura does. What is signed always begins with a domain line, so that one signature can never stand for
// another; that is the caller's duty.
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { assert, toHex } from '@kura/base';

export const ED25519_KEY_BYTES = 32;
export const ED25519_SIGNATURE_BYTES = 64;

function privateKey(seed: Uint8Array): KeyObject {
  assert(seed.length === ED25519_KEY_BYTES, 'an Ed25519 seed is 32 bytes');
  return createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'ed25519' });
}

export function signEd25519(message: Uint8Array, seed: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, privateKey(seed)));
}

/** Public keys used last: to make one costs half of what a verification costs, and a log or a witness has one. */
const known = new Map<string, KeyObject>();
const MAX_KNOWN = 64;

function publicKeyOf(raw: Uint8Array): KeyObject {
  const name = toHex(raw);
  const found = known.get(name);
  if (found !== undefined) return found;
  const key = createPublicKey({ key: raw, format: 'raw-public', asymmetricKeyType: 'ed25519' });
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(name, key);
  return key;
}

/** False for a signature or key of a wrong length too: both may come from outside. */
export function verifyEd25519(
  message: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  if (publicKey.length !== ED25519_KEY_BYTES) return false;
  if (signature.length !== ED25519_SIGNATURE_BYTES) return false;
  return verify(null, message, publicKeyOf(publicKey), signature);
}

/** Raw public key, 32 bytes, of an Ed25519 seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  const key = createPublicKey(privateKey(seed));
  return new Uint8Array(key.export({ format: 'raw-public' }));
}
