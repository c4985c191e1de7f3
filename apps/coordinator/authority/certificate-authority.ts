// The network's authority at work: issues certificates and notes each in the tables, so that it can be listed,
// renewed and withdrawn. What a certificate says comes from a token or the tables, never from a request.
import { X509Certificate } from 'node:crypto';
import { DAY_MS, KuraError, MINUTE_MS, type Random } from '@kura/base';
import {
  type Authority,
  type CertificateName,
  formatName,
  idOf,
  issue,
  issueTimestamper,
  keyHashOf,
  newKey,
  newRequest,
  readKey,
  serialOf,
} from '@kura/certificates';
import type { Timestamper } from '@kura/timestamps';
import type { TlsIdentity } from '@kura/wire';
import type { Rows } from '../db/tables.ts';

export interface CertificateAsked {
  readonly name: CertificateName;
  /** PKCS #10 in the one form. */
  readonly request: Uint8Array;
  readonly hosts: readonly string[];
  readonly nowMs: number;
}

/** Between the clocks of two coordinators. */
const CLOCK_SLACK_MS = 10 * MINUTE_MS;

/** More would be a program that asks in a loop. */
export const MAX_RENEWALS_A_DAY = 6;

export class CertificateAuthority {
  readonly root: X509Certificate;
  readonly rootPem: string;
  readonly #authority: Authority;
  readonly #random: Random;

  /** Throws `usage` unless the key belongs to the certificate, and that may sign others. */
  constructor(authority: Authority, random: Random) {
    this.#authority = authority;
    this.#random = random;
    this.rootPem = authority.certificatePem;
    this.root = readAuthority(authority);
  }

  /** A new key that stamps times in this authority's name. */
  newTimestamper(nowMs: number): Timestamper {
    const random = this.#random;
    const key = newKey(random);
    return { key, certificatePem: issueTimestamper(this.#authority, { key, nowMs, random }) };
  }

  /** SHA-256 of the root's SubjectPublicKeyInfo, as invitations carry it. */
  get rootHash(): Uint8Array {
    return keyHashOf(this.root);
  }

  /** The certificate in PEM. Throws `hostile` for a bad request. */
  async issue(rows: Rows, { name, request, hosts, nowMs }: CertificateAsked): Promise<string> {
    const certificatePem = issue(this.#authority, {
      ...{ name, request, hosts, nowMs },
      random: this.#random,
    });
    const certificate = new X509Certificate(certificatePem);
    await rows
      .insertInto('certificates')
      .values({
        serial: serialOf(certificate),
        role: name.role,
        subject: formatName(name),
        key_hash: keyHashOf(certificate),
        issued_ms: nowMs,
        not_after_ms: certificate.validToDate.getTime(),
        revoked_ms: null,
        why: null,
      })
      .execute();
    return certificatePem;
  }

  /** A coordinator's own key and certificate, followed by the root's: what first contact is judged by. */
  async issueOwn(
    rows: Rows,
    own: {
      readonly name: CertificateName;
      readonly hosts: readonly string[];
      readonly nowMs: number;
    },
  ): Promise<TlsIdentity> {
    const { keyPem, request } = newRequest(this.#random);
    const certificatePem = await this.issue(rows, { ...own, request });
    return { keyPem, certificatePem: `${certificatePem}${this.rootPem}` };
  }

  /** As `issue`, for who has one already. Throws `busy` when it is asked too often. */
  async renew(rows: Rows, asked: CertificateAsked): Promise<string> {
    const recent = await rows
      .selectFrom('certificates')
      .select('serial')
      .where('subject', '=', formatName(asked.name))
      .where('issued_ms', '>', asked.nowMs - DAY_MS)
      // Not what a clock that jumped ahead has left.
      .where('issued_ms', '<=', asked.nowMs + CLOCK_SLACK_MS)
      .limit(MAX_RENEWALS_A_DAY)
      .execute();
    if (recent.length >= MAX_RENEWALS_A_DAY) {
      throw new KuraError(
        'busy',
        `${idOf(asked.name)} has had ${recent.length} certificates today`,
        {
          guidance: 'Try again tomorrow; the one that is there stays good.',
          context: { retryMs: DAY_MS },
        },
      );
    }
    return this.issue(rows, asked);
  }
}

function readAuthority({ certificatePem, keyPem }: Authority): X509Certificate {
  const refuse = (what: string, cause?: unknown): never => {
    throw new KuraError('usage', `the authority of the network cannot be used: ${what}`, { cause });
  };
  let root: X509Certificate;
  try {
    root = new X509Certificate(certificatePem);
  } catch (cause) {
    return refuse('its certificate is not one', cause);
  }
  if (!root.ca) refuse('its certificate may not sign others');
  if (!root.checkPrivateKey(readKey(keyPem))) refuse('its key is another one');
  return root;
}
