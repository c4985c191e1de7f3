// What notices and lock boxes have in common: one X25519 agreement with a key that is used once, and the key and nonce
// that follow from it. Whoever holds the recipient's private half opens it, nobody else.
import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { concatBytes } from '@kura/base';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;

export interface Agreement {
  /** X25519, of whoever computes. */
  readonly secret: KeyObject;
  readonly other: KeyObject;
  /** The ephemeral key, then the recipient's: what both sides have seen. */
  readonly both: readonly [Uint8Array, Uint8Array];
  readonly info: string;
}

export interface SealKeys {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
}

export function agreedKeys({ secret, other, both, info }: Agreement): SealKeys {
  const shared = diffieHellman({ privateKey: secret, publicKey: other });
  const salt = concatBytes(...both);
  const derived = new Uint8Array(hkdfSync('sha256', shared, salt, info, KEY_BYTES + NONCE_BYTES));
  return { key: derived.subarray(0, KEY_BYTES), nonce: derived.subarray(KEY_BYTES) };
}

/** Of 32 bytes. */
export function privateX25519(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: seed, format: 'raw-private', asymmetricKeyType: 'x25519' });
}

export function publicX25519(key: Uint8Array): KeyObject {
  return createPublicKey({ key, format: 'raw-public', asymmetricKeyType: 'x25519' });
}

/** 32 bytes: the public half. */
export function x25519PublicBytes(secret: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(secret).export({ format: 'raw-public' }));
}
