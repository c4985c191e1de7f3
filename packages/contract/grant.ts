// A grant opens, at one store, every copy of one pseudonym, to whoever has the private half of one TLS key: a
// card's (decision 0010). It has no end, because a card must open stores when nobody is left to renew it; it
// ends when a revocation list names it. It can only read.
import {
  equalBytes,
  fromHex,
  type MemberId,
  memberId,
  type StoreId,
  storeId,
  toHex,
  utf8,
} from '@kura/base';
import { ed25519PublicKey } from '@kura/log/ed25519.ts';
import type { RevocationList } from './revocations.ts';
import {
  beginBody,
  fromWord,
  KEY_HASH_BYTES,
  keysNamed,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  SIGNER_BYTES,
  type SignedForm,
  signBody,
  signerOf,
  toWord,
} from './signed.ts';

export interface Grant {
  /** Counted by the coordinator; what a revocation list names. */
  readonly serial: number;
  readonly storeId: StoreId;
  /** The member's name at this store: what leaf tables on the shelf say. */
  readonly pseudonym: MemberId;
  /** SHA-256 of the SubjectPublicKeyInfo of the card's TLS certificate, 32 bytes. */
  readonly keyHash: Uint8Array;
  readonly issuedMs: number;
}

const BODY_BYTES = 1 + SIGNER_BYTES + 8 + 16 + 16 + KEY_HASH_BYTES + 8;
export const GRANT_BYTES = BODY_BYTES + SIGNATURE_BYTES;
const PREFIX = 'kg1';

const FORM: SignedForm = {
  noun: 'grant',
  domain: utf8('kura/1 grant\n'),
  bodyBytes: { min: BODY_BYTES, max: BODY_BYTES },
};

/** `seed`: the coordinator's warrant key's, 32 bytes. */
export function signGrant(grant: Grant, seed: Uint8Array): Uint8Array {
  const writer = beginBody(FORM);
  writer.raw(signerOf(ed25519PublicKey(seed)));
  writer.u64(BigInt(grant.serial));
  writer.raw(fromHex(grant.storeId));
  writer.raw(fromHex(grant.pseudonym));
  writer.raw(grant.keyHash);
  writer.u64(BigInt(grant.issuedMs));
  return signBody(FORM, writer, seed);
}

/** As it stands in `Authorization: Kura …`. */
export function grantWord(signed: Uint8Array): string {
  return toWord(PREFIX, signed);
}

/** Undefined if the word is no grant at all. */
export function readGrantWord(word: string): Uint8Array | undefined {
  return fromWord(PREFIX, word, GRANT_BYTES);
}

export interface GrantCheck {
  /** Warrant keys of the coordinator; more than one while one replaces another. */
  readonly coordinatorKeys: readonly Uint8Array[];
  readonly storeId: StoreId;
  readonly keyHash: Uint8Array;
  readonly revocations: Pick<RevocationList, 'hasGrant' | 'hasPseudonym'>;
}

/**
 * Throws `refused` with `context.reason` unless the grant holds here, for this key. No clock is asked: a card
 * opens a store whose clock is wrong. The caller compares the pseudonym with that of the copy.
 */
export function openGrant(signed: Uint8Array, check: GrantCheck): Grant {
  const signer = signed.subarray(1, 1 + SIGNER_BYTES);
  const reader = openBody(FORM, signed, keysNamed(check.coordinatorKeys, signer));
  reader.raw(SIGNER_BYTES);
  const grant = {
    serial: readWhole(reader, FORM),
    storeId: storeId(toHex(reader.raw(16))),
    pseudonym: memberId(toHex(reader.raw(16))),
    keyHash: reader.raw(KEY_HASH_BYTES).slice(),
    issuedMs: readWhole(reader, FORM),
  };
  if (grant.storeId !== check.storeId) throw refusal(FORM, 'store', 'it names another store');
  if (!equalBytes(grant.keyHash, check.keyHash)) {
    throw refusal(FORM, 'key', 'it was given to another key');
  }
  const { revocations } = check;
  if (revocations.hasGrant(grant.serial) || revocations.hasPseudonym(grant.pseudonym)) {
    throw refusal(FORM, 'revoked', 'it has been revoked');
  }
  return grant;
}
