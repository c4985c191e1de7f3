// Ciphers that were freed wait under their key for whoever asks for the same again: a member's packs and a
// store's copies are opened many times in one seed, by processes that know nothing of each other.
import { must } from '@kura/base';
import type { Bulk, CipherName, Gcm, LengthPreservingCipher } from '@kura/native';

/** Contexts of each kind that wait. More: memory outside of the heap. */
const MAX_IDLE = 256;

class Idle<Cipher extends { free(): void }> {
  readonly #waiting = new Map<string, Cipher>();

  take(name: string, make: () => Cipher): Cipher {
    const known = this.#waiting.get(name);
    this.#waiting.delete(name);
    return known ?? make();
  }

  give(name: string, cipher: Cipher): void {
    this.#waiting.get(name)?.free();
    this.#waiting.set(name, cipher);
    if (this.#waiting.size <= MAX_IDLE) return;
    for (const [oldest, unused] of this.#waiting) {
      unused.free();
      this.#waiting.delete(oldest);
      return;
    }
  }
}

const keyText = (key: Uint8Array): string => Buffer.from(key).toString('latin1');

/** What one owner has of a cipher: nothing after it was freed, and freeing twice does nothing. */
class Lease<Cipher extends { free(): void }> {
  #cipher: Cipher | undefined;
  readonly #giveBack: (cipher: Cipher) => void;

  constructor(cipher: Cipher, giveBack: (cipher: Cipher) => void) {
    this.#cipher = cipher;
    this.#giveBack = giveBack;
  }

  get cipher(): Cipher {
    return must(this.#cipher, 'a cipher that was not freed');
  }

  end(): void {
    if (this.#cipher !== undefined) this.#giveBack(this.#cipher);
    this.#cipher = undefined;
  }
}

export function pooledBulk(bulk: Bulk): Bulk {
  const gcms = new Idle<Gcm>();
  const ciphers = new Idle<LengthPreservingCipher>();
  return {
    ...bulk,
    gcm(key) {
      const name = keyText(key);
      const gcm = gcms.take(name, () => bulk.gcm(key));
      const lease = new Lease(gcm, (freed) => gcms.give(name, freed));
      return {
        seal: (nonce, associated, buffer) => lease.cipher.seal(nonce, associated, buffer),
        open: (nonce, associated, buffer) => lease.cipher.open(nonce, associated, buffer),
        free: () => lease.end(),
      };
    },
    cipher(suite: CipherName, key, direction) {
      const name = `${suite} ${direction} ${keyText(key)}`;
      const cipher = ciphers.take(name, () => bulk.cipher(suite, key, direction));
      const lease = new Lease(cipher, (freed) => ciphers.give(name, freed));
      return {
        apply: (iv, input, output) => lease.cipher.apply(iv, input, output),
        free: () => lease.end(),
      };
    },
  };
}
