// What the OPAQUE server needs to check a login passphrase without ever seeing it. It lies in the tables so that
// every coordinator has it, and sealed under a key from the network's secret so that whoever has only the tables
// cannot try passphrases.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concatBytes, KuraError, type Random } from '@kura/base';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** `nonce ‖ tag ‖ ciphertext` */
export function sealSetup(setup: string, key: Uint8Array, random: Random): Uint8Array {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce);
  const sealed = concatBytes(cipher.update(setup, 'utf8'), cipher.final());
  return concatBytes(nonce, cipher.getAuthTag(), sealed);
}

/** Throws `refused` if it was sealed under another network's secret. */
export function openSetup(sealed: Uint8Array, key: Uint8Array): string {
  const tagEnd = NONCE_BYTES + TAG_BYTES;
  try {
    const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, tagEnd));
    const opened = concatBytes(decipher.update(sealed.subarray(tagEnd)), decipher.final());
    return Buffer.from(opened).toString('utf8');
  } catch (cause) {
    throw new KuraError('refused', 'this secret belongs to another network', { cause });
  }
}
