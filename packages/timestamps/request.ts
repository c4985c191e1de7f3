// A request for a timestamp (RFC 3161, TimeStampReq): the SHA-256 of what is to be stamped, and a nonce by which
// an answer is known to be to this request. The authority learns a hash, and nothing of what it is of.
import { assert, concatBytes } from '@kura/base';
import { integer, octets, oid, sequence, smallInteger, TRUE } from '@kura/certificates/der.ts';
import { DerReader, refuseDer, TAGS } from './der-reader.ts';
import { OIDS } from './oids.ts';

export const IMPRINT_BYTES = 32;
const NONCE_BYTES = 8;

export interface TimestampRequest {
  /** SHA-256 of what is stamped. */
  readonly imprint: Uint8Array;
  readonly nonce: bigint;
}

/** `nonceBytes`: 8 random bytes. */
export function newNonce(nonceBytes: Uint8Array): bigint {
  assert(nonceBytes.length === NONCE_BYTES, 'a nonce is 8 bytes');
  return BigInt(`0x${Buffer.from(nonceBytes).toString('hex')}`);
}

/** AlgorithmIdentifier of SHA-256, without parameters, as RFC 5754 asks. */
export const SHA256_ALGORITHM = sequence(oid(OIDS.sha256));

export function messageImprint(imprint: Uint8Array): Uint8Array {
  assert(imprint.length === IMPRINT_BYTES, 'an imprint is a SHA-256');
  return sequence(SHA256_ALGORITHM, octets(imprint));
}

/** A positive INTEGER of any size. */
export function bigInteger(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return integer((bytes[0] ?? 0) < 0x80 ? bytes : concatBytes(Uint8Array.of(0), bytes));
}

/** DER, as it is posted; the certificate of the authority is asked for as well. */
export function encodeRequest({ imprint, nonce }: TimestampRequest): Uint8Array {
  return sequence(smallInteger(1), messageImprint(imprint), bigInteger(nonce), TRUE);
}

/** What an authority of Kura's own stamps. Throws `refused` for what is no such request. */
export function parseRequest(der: Uint8Array): TimestampRequest {
  const reader = new DerReader(der);
  const fields = reader.inside(TAGS.sequence);
  reader.end();
  if (fields.integer() !== 1n) refuseDer('the request is of another version');
  const imprint = readImprint(fields);
  if (fields.peek() === TAGS.oid)
    refuseDer('it asks for a policy, and this authority has one only');
  const nonce = fields.integer();
  const wantsCertificate = fields.optional(TAGS.boolean)?.content[0] === 0xff;
  fields.end();
  if (nonce < 0n || !wantsCertificate) refuseDer('it wants no certificate, or has no good nonce');
  return { imprint, nonce };
}

/** MessageImprint. Throws `refused` for any hash but SHA-256. */
export function readImprint(reader: DerReader): Uint8Array {
  const fields = reader.inside(TAGS.sequence);
  const algorithm = fields.inside(TAGS.sequence);
  if (algorithm.oid() !== OIDS.sha256) refuseDer('it is of another hash than SHA-256');
  const imprint = fields.octets();
  fields.end();
  return imprint.length === IMPRINT_BYTES ? imprint : refuseDer('its hash has another length');
}
