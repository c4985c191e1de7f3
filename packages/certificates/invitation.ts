// An invitation: where a network is reached, by which root it is known, and a token that opens its door once. The
// fingerprint in it makes the first contact no leap of faith (docs/design/enrolment.md).
import { X509Certificate } from 'node:crypto';
import { assert, concatBytes, equalBytes, fromHex, KuraError, toHex } from '@kura/base';
import type { Role } from './name.ts';
import { judge, keyHashOf, refusal, type TrustOptions } from './trust.ts';

/** What opens the door: public name and secret. */
export interface Token {
  /** 8 bytes, lower-case hex. */
  readonly tokenId: string;
  /** 16 bytes. */
  readonly secret: Uint8Array;
}

export interface Invitation {
  /** "host:port" of a coordinator. */
  readonly address: string;
  /** SHA-256 of the root's SubjectPublicKeyInfo. */
  readonly rootHash: Uint8Array;
  readonly token: Token;
}

const SCHEME = 'kura-invite:';
const HASH_BYTES = 32;
export const TOKEN_ID_BYTES = 8;
export const TOKEN_SECRET_BYTES = 16;
const BYTES = HASH_BYTES + TOKEN_ID_BYTES + TOKEN_SECRET_BYTES;
const MAX_ADDRESS_CHARACTERS = 260;
const ADDRESS = /^(?:[a-z0-9.-]+|\[[0-9a-f:]+\]):[1-9]\d{0,4}$/;
/** What a server may send along with its own certificate. */
const MAX_CHAIN = 4;

/** "host:port" as it stands in words that people carry. */
export function isServiceAddress(address: string): boolean {
  return address.length <= MAX_ADDRESS_CHARACTERS && ADDRESS.test(address);
}

/** "kura-invite:HOST:PORT#BASE64URL" */
export function formatInvitation({ address, rootHash, token }: Invitation): string {
  assert(
    ADDRESS.test(address) && rootHash.length === HASH_BYTES,
    'address and hash are well formed',
  );
  const bytes = concatBytes(rootHash, fromHex(token.tokenId), token.secret);
  assert(bytes.length === BYTES, 'an invitation has one length');
  return `${SCHEME}${address}#${Buffer.from(bytes).toString('base64url')}`;
}

/** Throws `usage` for anything that `formatInvitation` does not write. */
export function parseInvitation(text: string): Invitation {
  const [address = '', encoded = '', ...more] = text.startsWith(SCHEME)
    ? text.slice(SCHEME.length).split('#')
    : [];
  const bytes = new Uint8Array(Buffer.from(encoded, 'base64url'));
  const isWhole =
    more.length === 0 &&
    isServiceAddress(address) &&
    bytes.length === BYTES &&
    Buffer.from(bytes).toString('base64url') === encoded;
  if (!isWhole) {
    throw new KuraError(
      'usage',
      'this is not an invitation to a network, or not the whole of one',
      {
        guidance: 'It begins with kura-invite: and is one word; ask the operator for a new one.',
      },
    );
  }
  return {
    address,
    rootHash: bytes.slice(0, HASH_BYTES),
    token: {
      tokenId: toHex(bytes.subarray(HASH_BYTES, HASH_BYTES + TOKEN_ID_BYTES)),
      secret: bytes.slice(HASH_BYTES + TOKEN_ID_BYTES),
    },
  };
}

export type FirstTrust = Omit<TrustOptions, 'root' | 'network'> & {
  readonly rootHash: Uint8Array;
};

/**
 * Judges a server of which only the root's fingerprint is known: the root has to be among what it sent. Resolves
 * to the root, to be kept from now on. Throws `refused`.
 */
export function trustFirst(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  { rootHash, ...options }: FirstTrust,
): X509Certificate {
  const root = chain.slice(0, MAX_CHAIN).find((one) => equalBytes(keyHashOf(one), rootHash));
  if (root === undefined) {
    throw refusal('foreign', 'this is not the network that the invitation is of');
  }
  judge(certificate, { root, network: undefined, ...options });
  return root;
}

/** What a network says of itself to whoever has just come to it. */
export interface FirstNotice {
  readonly networkId: string;
  /** The authority's certificate, which is believed from now on. */
  readonly authorityPem: string;
}

/** Throws `refused` unless the authority that a network names is the one that it is known by. */
export function checkAuthority(
  { authorityPem }: Pick<FirstNotice, 'authorityPem'>,
  rootHash: Uint8Array,
): X509Certificate {
  const root = readCertificate(authorityPem);
  if (equalBytes(keyHashOf(root), rootHash)) return root;
  throw refusal('foreign', 'the network names another authority than it is known by');
}

/** As `checkAuthority`; and the certificate that it issued has to be good, and of the network that it names. */
export function checkIssued(
  notice: FirstNotice & { readonly certificatePem: string },
  { rootHash, role, nowMs }: Pick<FirstTrust, 'rootHash' | 'nowMs'> & { readonly role: Role },
): void {
  const root = checkAuthority(notice, rootHash);
  const { networkId: network, certificatePem } = notice;
  const rest = { network, nowMs, roles: [role], revoked: new Set<string>() };
  judge(readCertificate(certificatePem), { root, ...rest });
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new KuraError('corrupt', 'the network answers with what is no certificate', { cause });
  }
}
