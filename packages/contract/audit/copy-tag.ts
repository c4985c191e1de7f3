// The answer to a full read, made from a copy's bytes as they pass: a store that reads its copy and whoever sees it
// pass under its cipher get the same tag, and nobody else does.
import { type CipherGCM, createCipheriv } from 'node:crypto';
import type { FullReadChallenge } from './full-read.ts';

export class CopyTag {
  readonly #cipher: CipherGCM;

  /** `key`: 32 bytes, `nonce`: 12; used for this copy and never again. */
  constructor({ key, nonce }: Pick<FullReadChallenge, 'key' | 'nonce'>) {
    this.#cipher = createCipheriv('aes-256-gcm', key, nonce);
  }

  /** The next bytes of the copy, in order, in pieces of any length that is a multiple of 16. */
  add(outer: Uint8Array): void {
    this.#cipher.setAAD(outer);
  }

  /** 16 bytes; no call may follow. */
  finish(): Uint8Array {
    this.#cipher.final();
    return new Uint8Array(this.#cipher.getAuthTag());
  }
}
