// Whether a certificate is to be believed: one function for both ends of every connection. Host names play no
// part: what is trusted is the authority and the role that it certified.
import { createHash, type X509Certificate } from 'node:crypto';
import { isoTime, KuraError } from '@kura/base';
import { type CertificateName, parseName, type Role } from './name.ts';

export const REASONS = [
  'none',
  'self-made',
  'foreign',
  'not yet valid',
  'expired',
  'wrong role',
  'revoked',
] as const;
export type Reason = (typeof REASONS)[number];

export interface TrustOptions {
  /** The authority: the network's own, or the operator's issuing certificate. */
  readonly root: X509Certificate;
  /** Its id: an operator's issuing certificate may stand over several. Undefined at first contact only. */
  readonly network: string | undefined;
  readonly nowMs: number;
  readonly roles: readonly Role[];
  /** By serial, lower-case hex. */
  readonly revoked: ReadonlySet<string>;
}

const GUIDANCE: Readonly<Record<Reason, string>> = {
  none: 'Show a certificate of this network: join or enrol first.',
  'self-made': 'Show a certificate of this network: join or enrol first.',
  foreign: 'It was issued by another network: look at the address.',
  'not yet valid': 'Look at the clocks of both machines.',
  expired: 'A device logs in anew; a gateway or store needs a new token.',
  'wrong role': 'Ask a program of the other kind.',
  revoked: 'Whoever runs the network withdrew it: ask there.',
};

/** `refused`, with the reason as data. */
export function refusal(reason: Reason, message: string): KuraError {
  return new KuraError('refused', message, { guidance: GUIDANCE[reason], context: { reason } });
}

/** Lower-case hex, as revocations name it. */
export function serialOf(certificate: X509Certificate): string {
  return certificate.serialNumber.toLowerCase();
}

/** SHA-256 of the SubjectPublicKeyInfo: the key's name in tickets, grants and tokens. */
export function keyHashOf(certificate: X509Certificate): Uint8Array {
  const info = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return new Uint8Array(createHash('sha256').update(info).digest());
}

function checkIssuer(certificate: X509Certificate, root: X509Certificate): void {
  if (certificate.checkIssued(root) && certificate.verify(root.publicKey)) return;
  if (certificate.verify(certificate.publicKey)) {
    throw refusal('self-made', 'the certificate is self-made: no network vouches for it');
  }
  throw refusal('foreign', 'the certificate was issued by another network');
}

function checkTime(certificate: X509Certificate, nowMs: number): void {
  const from = certificate.validFromDate.getTime();
  const until = certificate.validToDate.getTime();
  const here = `here it is ${isoTime(nowMs)}`;
  if (nowMs < from) {
    throw refusal('not yet valid', `the certificate begins at ${isoTime(from)}, and ${here}`);
  }
  if (nowMs > until) {
    throw refusal('expired', `the certificate ended at ${isoTime(until)}, and ${here}`);
  }
}

/** Whom a certificate names, whoever issued it. Throws `refused` for anything else. */
export function nameIn(certificate: X509Certificate): CertificateName {
  const names = certificate.subjectAltName?.split(', ') ?? [];
  const uris = names.filter((name) => name.startsWith('URI:'));
  return parseName(uris.length === 1 ? (uris[0] ?? '').slice('URI:'.length) : '');
}

/** Who holds `certificate`; throws `refused` with `context.reason`, the first of `REASONS` that holds. */
export function judge(certificate: X509Certificate, options: TrustOptions): CertificateName {
  const { root, network, nowMs, roles, revoked } = options;
  checkIssuer(certificate, root);
  const name = nameIn(certificate);
  if (network !== undefined && name.network !== network) {
    throw refusal('foreign', 'the certificate names another network under the same authority');
  }
  checkTime(root, nowMs);
  checkTime(certificate, nowMs);
  if (certificate.ca || !roles.includes(name.role)) {
    const wanted = roles.join(' or ');
    throw refusal(
      'wrong role',
      `the certificate is of a ${name.role}; only a ${wanted} may do this`,
    );
  }
  if (revoked.has(serialOf(certificate))) {
    throw refusal('revoked', 'the certificate was withdrawn by its network');
  }
  return name;
}
