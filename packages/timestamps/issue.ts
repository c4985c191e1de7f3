// A timestamp authority of Kura's own: it stamps any hash with the time of its clock. What its word is worth is
// what its operator's is; whoever wants more asks others as well.
import { createHash, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { concatBytes, SECOND_MS } from '@kura/base';
import {
  element,
  octets,
  oid,
  sequence,
  set,
  smallInteger,
  tagged,
} from '@kura/certificates/der.ts';
import { namesOf } from './certificate-fields.ts';
import { contextTag, TAGS } from './der-reader.ts';
import { OIDS } from './oids.ts';
import { bigInteger, SHA256_ALGORITHM, type TimestampRequest } from './request.ts';
import { encodeTokenInfo } from './token-info.ts';

export interface Timestamper {
  /** PEM, made for timestamps alone (`issueTimestamper`). */
  readonly certificatePem: string;
  /** Its ECDSA key on P-256. */
  readonly key: KeyObject;
}

export interface Stamping {
  readonly timeMs: number;
  /** 16 random bytes: no two tokens have the same. */
  readonly serial: Uint8Array;
}

/**
 * What Kura's own authorities promise: the time of their clock, and nothing else. UUID arc: nobody had to give it.
 */
export const OWN_POLICY = '2.25.112466829452525891170948299734771703140';
const ACCURACY_MS = SECOND_MS;

/** DER of a TimeStampToken. */
export function issueToken(
  { certificatePem, key }: Timestamper,
  { imprint, nonce }: TimestampRequest,
  { timeMs, serial }: Stamping,
): Uint8Array {
  const certificate = new Uint8Array(new X509Certificate(certificatePem).raw);
  const content = encodeTokenInfo({
    ...{ policy: OWN_POLICY, imprint, timeMs, nonce, accuracyMs: ACCURACY_MS },
    serial: BigInt(`0x${Buffer.from(serial).toString('hex')}`),
  });
  const attributes = sortedSet([
    attribute(OIDS.contentType, oid(OIDS.tokenInfo)),
    attribute(OIDS.messageDigest, octets(sha256(content))),
    attribute(OIDS.signingCertificateV2, sequence(sequence(sequence(octets(sha256(certificate)))))),
  ]);
  const signature = new Uint8Array(sign('sha256', attributes, key));
  const signerInfo = sequence(
    smallInteger(1),
    issuerAndSerial(certificate),
    SHA256_ALGORITHM,
    concatBytes(Uint8Array.of(contextTag(0)), attributes.subarray(1)),
    sequence(oid(OIDS.ecdsaSha256)),
    octets(signature),
  );
  const signedData = sequence(
    smallInteger(3),
    set(SHA256_ALGORITHM),
    sequence(oid(OIDS.tokenInfo), tagged(0, octets(content))),
    tagged(0, certificate),
    set(signerInfo),
  );
  return sequence(oid(OIDS.signedData), tagged(0, signedData));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function attribute(name: string, value: Uint8Array): Uint8Array {
  return sequence(oid(name), set(value));
}

/** DER: the elements of a SET OF ascend. */
function sortedSet(elements: readonly Uint8Array[]): Uint8Array {
  return element(TAGS.set, ...elements.toSorted((a, b) => Buffer.compare(a, b)));
}

function issuerAndSerial(certificate: Uint8Array): Uint8Array {
  const { issuer, serial } = namesOf(certificate);
  return sequence(issuer, bigInteger(serial));
}
