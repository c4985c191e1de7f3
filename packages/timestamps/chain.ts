// Whether a certificate may speak for an authority that somebody trusts: made for timestamps and nothing else,
// good at the moment that the timestamp names, and signed for, over a few steps, by a certificate that was put in
// place.
import { X509Certificate } from 'node:crypto';
import { equalBytes, KuraError } from '@kura/base';
import { extensionOf } from './certificate-fields.ts';
import { OIDS } from './oids.ts';

const MAX_STEPS = 4;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** All certificates of a PEM file. Throws `usage` if there is none, or one that is none. */
export function readAuthorities(pem: string): readonly X509Certificate[] {
  const found = pem.match(PEM) ?? [];
  if (found.length === 0) throw new KuraError('usage', 'there is no certificate in this PEM');
  return found.map(readCertificate);
}

function readCertificate(encoded: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(encoded);
  } catch (cause) {
    throw new KuraError('usage', 'this is no certificate', { cause });
  }
}

/** Of a stranger: undefined for what is no certificate. */
export function tryCertificate(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

export interface ChainQuestion {
  readonly signer: X509Certificate;
  /** What came with the token. */
  readonly others: readonly X509Certificate[];
  /** Trusted, each for itself: an authority's root, or the very certificate that signs. */
  readonly authorities: readonly X509Certificate[];
  readonly atMs: number;
}

/** The trusted certificate at its end. Throws `refused`, saying why. */
export function followChain({ signer, others, authorities, atMs }: ChainQuestion): X509Certificate {
  checkPurpose(signer);
  let certificate = signer;
  for (let step = 0; step <= MAX_STEPS; step++) {
    checkTime(certificate, atMs);
    const here = certificate;
    const trusted = authorities.find(
      (one) => equalBytes(one.raw, here.raw) || isIssuedBy(here, one),
    );
    if (trusted !== undefined) {
      checkTime(trusted, atMs);
      return trusted;
    }
    const next = others.find((one) => !equalBytes(one.raw, here.raw) && isIssuedBy(here, one));
    if (next === undefined) break;
    certificate = next;
  }
  return refuse('no authority that is trusted here has signed for its certificate');
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function checkTime(certificate: X509Certificate, atMs: number): void {
  const from = certificate.validFromDate.getTime();
  const until = certificate.validToDate.getTime();
  if (from <= atMs && atMs <= until) return;
  refuse('a certificate of its authority was not good at that time');
}

/** RFC 3161, 2.3: extended key usage timeStamping, alone and critical. */
function checkPurpose(certificate: X509Certificate): void {
  const purposes = certificate.keyUsage as readonly string[] | undefined;
  const isAlone = purposes?.length === 1 && purposes[0] === OIDS.timeStamping;
  const isCritical = extensionOf(certificate.raw, OIDS.extendedKeyUsage)?.isCritical === true;
  if (isAlone && isCritical) return;
  refuse('its certificate was not made for timestamps alone');
}

function refuse(why: string): never {
  throw new KuraError('refused', `the timestamp is refused: ${why}`);
}
