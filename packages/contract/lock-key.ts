// The key that a network's shares of locks are sealed to (docs/design/locks.md), in its coordinator's own word: a
// device seals to no key that whoever answers has put in between.
import { utf8 } from '@kura/base';
import { beginBody, openBody, SIGNATURE_BYTES, type SignedForm, signBody } from './signed.ts';

const KEY_BYTES = 32;
const BODY_BYTES = 1 + KEY_BYTES;
export const LOCK_KEY_BYTES = BODY_BYTES + SIGNATURE_BYTES;
/** Version, ephemeral key, member, epoch, evidence, share and tag (copy-seal/lock-box.ts). */
export const LOCK_BOX_BYTES = 1 + 32 + 16 + 4 + 32 + 32 + 16;

const FORM: SignedForm = {
  noun: 'lock key',
  domain: utf8('kura/1 lock key\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `key`: X25519, 32 bytes. */
export function signLockKey(key: Uint8Array, coordinatorSeed: Uint8Array): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(key);
  return signBody(FORM, writer, coordinatorSeed);
}

/** X25519, 32 bytes. Throws `refused` unless `coordinatorKey` has signed it. */
export function openLockKey(signed: Uint8Array, coordinatorKey: Uint8Array): Uint8Array {
  return openBody(FORM, signed, [coordinatorKey]).raw(KEY_BYTES).slice();
}
