// Whom the network no longer trusts, as one signed, numbered list: what gateways push to stores and readers look
// at. A list replaces the one before as a whole; one with a lower number is never taken.
import { assert, type ByteReader, fromHex, type MemberId, memberId, toHex, utf8 } from '@kura/base';
import {
  beginBody,
  openBody,
  readWhole,
  refusal,
  SIGNATURE_BYTES,
  type SignedForm,
  signBody,
} from './signed.ts';

/** Of all three kinds together. More: a list would not reach every store within its minute. */
export const MAX_REVOCATIONS = 100_000;
const SERIAL_BYTES = 16;
const GRANT_SERIAL_BYTES = 8;
const PSEUDONYM_BYTES = 16;
const COUNT_BYTES = 4;
const HEAD_BYTES = 1 + 8 + 8 + 3 * COUNT_BYTES;
const MAX_BODY_BYTES = HEAD_BYTES + MAX_REVOCATIONS * SERIAL_BYTES;
export const MAX_REVOCATIONS_BYTES = MAX_BODY_BYTES + SIGNATURE_BYTES;

const FORM: SignedForm = {
  noun: 'revocation list',
  domain: utf8('kura/1 revocations\n'),
  bodyBytes: { min: HEAD_BYTES, max: MAX_BODY_BYTES },
};

export interface Revocations {
  /** Grows by one with every list that differs. */
  readonly number: number;
  readonly madeMs: number;
  /** Serials of certificates, 32 lower-case hexadecimal digits each. */
  readonly certificates: readonly string[];
  readonly grants: readonly number[];
  readonly pseudonyms: readonly MemberId[];
}

/** What a list answers; asked once per request. */
export class RevocationList {
  readonly number: number;
  readonly madeMs: number;
  readonly #certificates: ReadonlySet<string>;
  readonly #grants: ReadonlySet<number>;
  readonly #pseudonyms: ReadonlySet<MemberId>;

  constructor({ number, madeMs, certificates, grants, pseudonyms }: Revocations) {
    this.number = number;
    this.madeMs = madeMs;
    this.#certificates = new Set(certificates);
    this.#grants = new Set(grants);
    this.#pseudonyms = new Set(pseudonyms);
  }

  hasCertificate(serial: string): boolean {
    return this.#certificates.has(serial);
  }

  hasGrant(serial: number): boolean {
    return this.#grants.has(serial);
  }

  hasPseudonym(pseudonym: MemberId): boolean {
    return this.#pseudonyms.has(pseudonym);
  }
}

/** Before the first list came. */
export const NO_REVOCATIONS = new RevocationList({
  number: 0,
  madeMs: 0,
  certificates: [],
  grants: [],
  pseudonyms: [],
});

/** `seed`: the coordinator's warrant key's, 32 bytes. Entries are sorted and doubles dropped here. */
export function signRevocations(list: Revocations, seed: Uint8Array): Uint8Array {
  const certificates = [...new Set(list.certificates)].sort();
  const grants = [...new Set(list.grants)].sort((a, b) => a - b);
  const pseudonyms = [...new Set(list.pseudonyms)].sort();
  const count = certificates.length + grants.length + pseudonyms.length;
  assert(count <= MAX_REVOCATIONS, 'a revocation list has a bounded length');
  const writer = beginBody(FORM);
  writer.u64(BigInt(list.number));
  writer.u64(BigInt(list.madeMs));
  writer.u32(certificates.length);
  for (const serial of certificates) writer.raw(fromHex(serial));
  writer.u32(grants.length);
  for (const serial of grants) writer.u64(BigInt(serial));
  writer.u32(pseudonyms.length);
  for (const pseudonym of pseudonyms) writer.raw(fromHex(pseudonym));
  return signBody(FORM, writer, seed);
}

/** Throws `refused` unless this coordinator signed the list; `older` if it is not newer than `held`. */
export function openRevocations(
  signed: Uint8Array,
  check: { readonly coordinatorKey: Uint8Array; readonly heldNumber: number },
): RevocationList {
  const reader = openBody(FORM, signed, [check.coordinatorKey]);
  const list = {
    number: readWhole(reader, FORM),
    madeMs: readWhole(reader, FORM),
    certificates: readAscending(reader, SERIAL_BYTES, () => toHex(reader.raw(SERIAL_BYTES))),
    grants: readAscending(reader, GRANT_SERIAL_BYTES, () => readWhole(reader, FORM)),
    pseudonyms: readAscending(reader, PSEUDONYM_BYTES, () =>
      memberId(toHex(reader.raw(PSEUDONYM_BYTES))),
    ),
  };
  if (reader.remaining !== 0) throw refusal(FORM, 'malformed', 'something follows its end');
  if (list.number < check.heldNumber) {
    throw refusal(FORM, 'older', `it is number ${list.number}, ${check.heldNumber} is here`);
  }
  return new RevocationList(list);
}

/** A count, then entries that ascend: one list, one text. */
function readAscending<T extends string | number>(
  reader: ByteReader,
  entryBytes: number,
  readEntry: () => T,
): T[] {
  const count = reader.remaining < COUNT_BYTES ? 0xffff_ffff : reader.u32();
  if (count * entryBytes > reader.remaining) throw refusal(FORM, 'malformed', 'it ends too early');
  const entries: T[] = [];
  for (let index = 0; index < count; index++) {
    const entry = readEntry();
    const last = entries.at(-1);
    if (last !== undefined && entry <= last) {
      throw refusal(FORM, 'malformed', 'its entries do not ascend');
    }
    entries.push(entry);
  }
  return entries;
}
