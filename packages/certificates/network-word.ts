// Where a network is and by which root it is known, as one word: what a person takes along to a further device. Nothing
// in it is secret, and it opens nothing by itself.
import { assert, KuraError } from '@kura/base';
import { isServiceAddress } from './invitation.ts';

export interface NetworkWord {
  /** "host:port" of a coordinator. */
  readonly address: string;
  /** SHA-256 of the root's SubjectPublicKeyInfo. */
  readonly rootHash: Uint8Array;
}

const SCHEME = 'kura-network:';
const HASH_BYTES = 32;

/** "kura-network:HOST:PORT#BASE64URL" */
export function formatNetworkWord({ address, rootHash }: NetworkWord): string {
  assert(isServiceAddress(address) && rootHash.length === HASH_BYTES, 'they are well formed');
  return `${SCHEME}${address}#${Buffer.from(rootHash).toString('base64url')}`;
}

export function isNetworkWord(text: string): boolean {
  return text.startsWith(SCHEME);
}

/** Throws `usage` for anything that `formatNetworkWord` does not write. */
export function parseNetworkWord(text: string): NetworkWord {
  const [address = '', encoded = '', ...more] = isNetworkWord(text)
    ? text.slice(SCHEME.length).split('#')
    : [];
  const rootHash = new Uint8Array(Buffer.from(encoded, 'base64url'));
  const isWhole =
    more.length === 0 &&
    isServiceAddress(address) &&
    rootHash.length === HASH_BYTES &&
    Buffer.from(rootHash).toString('base64url') === encoded;
  if (isWhole) return { address, rootHash };
  throw new KuraError('usage', 'this does not name a network, or not the whole of it does', {
    guidance:
      'It begins with kura-network: and is one word; `kura card show` on another device has it.',
  });
}
