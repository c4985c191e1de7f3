// Packs of one session share an envelope, and opening one costs two private-key operations: this
// remembers the last secrets. Memory only; nothing of it is ever written.
import { hash } from 'node:crypto';
import { openEnvelope, type ReadingKeys } from '@kura/member-seal';

/** Sessions interleave little: more would be kept for nothing, fewer would open envelopes twice. */
const MAX_SECRETS = 256;

export class EnvelopeCache {
  readonly #secrets = new Map<string, Uint8Array>();

  secretOf(keys: ReadingKeys, envelope: Uint8Array): Uint8Array {
    const whose = hash('sha256', keys.publicKeys.x25519, 'base64');
    const name = whose + hash('sha256', envelope, 'base64');
    const known = this.#secrets.get(name);
    if (known !== undefined) return known;
    const secret = openEnvelope(keys, envelope);
    if (this.#secrets.size >= MAX_SECRETS) {
      const [oldest] = this.#secrets.keys();
      if (oldest !== undefined) this.#secrets.delete(oldest);
    }
    this.#secrets.set(name, secret);
    return secret;
  }
}
