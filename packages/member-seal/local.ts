// Records of KURA_HOME (index, cache, device key) under the member's local key. Every record has a
// key of its own from a random salt, so no nonce can repeat however many records there are.
// Whatever is wrong with a record, the answer is the same.
//
// record = u8 version 1 ‖ 24 salt ‖ AES-256-GCM(bytes) ‖ 16 tag
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { KuraError, type Random } from '@kura/base';
import { derive } from './derive.ts';

const VERSION = 1;
const SALT_BYTES = 24;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + SALT_BYTES;
/** What sealing adds to a record. */
export const LOCAL_OVERHEAD_BYTES = HEAD_BYTES + TAG_BYTES;

export interface LocalSeal {
  readonly localKey: Uint8Array;
  /** What the record is for ("index", "device"): a record of one purpose never opens as another. */
  readonly purpose: string;
  readonly bytes: Uint8Array;
  readonly random: Random;
}

export function sealLocal({ localKey, purpose, bytes, random }: LocalSeal): Uint8Array {
  const sealed = new Uint8Array(bytes.length + LOCAL_OVERHEAD_BYTES);
  const head = sealed.subarray(0, HEAD_BYTES);
  head[0] = VERSION;
  head.set(random.bytes(SALT_BYTES), 1);
  const { key, nonce } = recordKey(localKey, purpose, head);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(head);
  sealed.set(cipher.update(bytes), HEAD_BYTES);
  cipher.final();
  sealed.set(cipher.getAuthTag(), HEAD_BYTES + bytes.length);
  return sealed;
}

export interface LocalOpen {
  readonly localKey: Uint8Array;
  readonly purpose: string;
  readonly sealed: Uint8Array;
}

/** Throws `corrupt`: damaged, of another purpose, or another member's. */
export function openLocal({ localKey, purpose, sealed }: LocalOpen): Uint8Array {
  if (sealed.length < LOCAL_OVERHEAD_BYTES) throw damaged(purpose);
  const head = sealed.subarray(0, HEAD_BYTES);
  const end = sealed.length - TAG_BYTES;
  const { key, nonce } = recordKey(localKey, purpose, head);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(head);
  decipher.setAuthTag(sealed.subarray(end));
  const bytes = decipher.update(sealed.subarray(HEAD_BYTES, end));
  try {
    decipher.final();
  } catch {
    throw damaged(purpose);
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function recordKey(
  localKey: Uint8Array,
  purpose: string,
  head: Uint8Array,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const both = derive({
    secret: localKey,
    salt: head.subarray(1),
    info: `kura/1 local ${purpose}`,
    bytes: 44,
  });
  return { key: both.subarray(0, 32), nonce: both.subarray(32) };
}

function damaged(purpose: string): KuraError {
  return new KuraError('corrupt', `a local record (${purpose}) is damaged or not this member's`);
}
