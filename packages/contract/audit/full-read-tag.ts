// The tag of a full read: AES-256-GCM of an empty text, with all outer bytes of the copy as associated data. Whoever makes
// the question and whoever answers it add the same bytes here, in order; in which pieces does not matter.
import { type CipherGCM, createCipheriv } from 'node:crypto';
import type { FullReadChallenge } from './full-read.ts';

export class FullReadTag {
  readonly #gcm: CipherGCM;

  constructor({ key, nonce }: Pick<FullReadChallenge, 'key' | 'nonce'>) {
    this.#gcm = createCipheriv('aes-256-gcm', key, nonce);
  }

  /** The next bytes of the copy. */
  add(outer: Uint8Array): void {
    this.#gcm.setAAD(outer);
  }

  /** 16 bytes, after the last byte; once. */
  tag(): Uint8Array {
    this.#gcm.final();
    return new Uint8Array(this.#gcm.getAuthTag());
  }
}
