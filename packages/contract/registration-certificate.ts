// The registration certificate of a vault (E2): the vault has this valuable in custody. Its owner reads from it what
// that is without asking the vault, and checks by its hash that it is the right one before the own copy goes (E7).
// Form and judgement only; who deposits and who issues is the vault's affair.
import { createHash } from 'node:crypto';
import {
  assert,
  equalBytes,
  fromHex,
  KuraError,
  type MemberId,
  memberId,
  toHex,
  utf8,
} from '@kura/base';
import { canonicalJson, parseCanonicalJson } from '@kura/log/canonical-json.ts';
import { beginBody, openBody, readWhole, refusal, type SignedForm, signBody } from './signed.ts';

/** What the valuable is, in words that a person reads; every field may be empty. */
export interface ValuableDigest {
  /** "ticket", "prepaid card" … */
  readonly kind: string;
  readonly title: string;
  /** How many, or how much: "2 seats", "JPY 3000". */
  readonly count: string;
  /** Until when it is good. */
  readonly validity: string;
  /** Where it can be used. */
  readonly place: string;
}

export interface RegistrationCertificate {
  /** 16 bytes, hex: the vault's id. */
  readonly vaultId: string;
  readonly ownerId: MemberId;
  /** Of this owner at this vault: rises by one with each certificate, and begins anew after the largest. */
  readonly counter: number;
  /** SHA-256 of what the vault holds: of the ciphertext, where it is encrypted. */
  readonly hash: Uint8Array;
  readonly isEncrypted: boolean;
  readonly issuedMs: number;
  /** Undefined: the owner wants none to be read. */
  readonly digest: ValuableDigest | undefined;
}

export const COUNTERS = 2 ** 32;
export const MAX_DIGEST_BYTES = 2048;
const HASH_BYTES = 32;
const FIXED_BYTES = 1 + 16 + 16 + 4 + HASH_BYTES + 1 + 8;
const FIELDS = ['kind', 'title', 'count', 'validity', 'place'] as const;

const FORM: SignedForm = {
  noun: 'registration certificate',
  domain: utf8('kura/1 registration certificate\n'),
  bodyBytes: { min: FIXED_BYTES, max: FIXED_BYTES + MAX_DIGEST_BYTES },
};

/** `body ‖ signature`, by the vault. Throws `too_large` for a digest longer than `MAX_DIGEST_BYTES`. */
export function signRegistration(
  certificate: RegistrationCertificate,
  vaultSeed: Uint8Array,
): Uint8Array {
  const { vaultId, ownerId, counter, hash, isEncrypted, issuedMs, digest } = certificate;
  assert(Number.isInteger(counter) && counter >= 0 && counter < COUNTERS, 'a counter of 32 bits');
  assert(hash.length === HASH_BYTES, 'a hash is 32 bytes');
  const text = utf8(digest === undefined ? '' : canonicalJson({ ...digest }));
  if (text.length > MAX_DIGEST_BYTES) {
    throw new KuraError('too_large', `a digest has at most ${MAX_DIGEST_BYTES} bytes`);
  }
  const writer = beginBody(FORM);
  writer.raw(fromHex(vaultId));
  writer.raw(fromHex(ownerId));
  writer.u32(counter);
  writer.raw(hash);
  writer.u8(isEncrypted ? 1 : 0);
  writer.u64(BigInt(issuedMs));
  writer.raw(text);
  return signBody(FORM, writer, vaultSeed);
}

/** Offline. Throws `refused` unless this vault has signed exactly this. */
export function openRegistration(
  signed: Uint8Array,
  vaultKey: Uint8Array,
): RegistrationCertificate {
  const reader = openBody(FORM, signed, [vaultKey]);
  const vaultId = toHex(reader.raw(16));
  const ownerId = memberId(toHex(reader.raw(16)));
  const counter = reader.u32();
  const hash = reader.raw(HASH_BYTES).slice();
  const sealed = reader.u8();
  if (sealed > 1) throw refusal(FORM, 'malformed', 'it does not say whether it is encrypted');
  const issuedMs = readWhole(reader, FORM);
  const text = Buffer.from(reader.raw(reader.remaining)).toString('utf8');
  reader.end();
  const digest = text === '' ? undefined : readDigest(text);
  return { vaultId, ownerId, counter, hash, isEncrypted: sealed === 1, issuedMs, digest };
}

function readDigest(text: string): ValuableDigest {
  const given = parseCanonicalJson(text, FORM.noun) as Readonly<Record<string, unknown>>;
  const isDigest =
    typeof given === 'object' &&
    given !== null &&
    Object.keys(given).length === FIELDS.length &&
    FIELDS.every((name) => typeof given[name] === 'string');
  if (!isDigest) throw refusal(FORM, 'malformed', 'its digest is none');
  return given as unknown as ValuableDigest;
}

/** E7: whether this is the valuable that the certificate is of, as the vault holds it. */
export function isOf(
  { hash }: Pick<RegistrationCertificate, 'hash'>,
  valuable: Uint8Array,
): boolean {
  return equalBytes(hash, new Uint8Array(createHash('sha256').update(valuable).digest()));
}

export function nextCounter(counter: number): number {
  return (counter + 1) % COUNTERS;
}

/** Whether `a` was issued after `b`, also across the end of the counter: less than half of all lie between them. */
export function isLater(a: number, b: number): boolean {
  const ahead = (a - b + COUNTERS) % COUNTERS;
  return ahead > 0 && ahead < COUNTERS / 2;
}
