// Whom the edges of a coordinator or gateway believe: one object that every listener asks, with the serials that
// were withdrawn. It is read anew every few seconds; whoever is new in it loses their connections.
import type { X509Certificate } from 'node:crypto';
import { type Clock, SECOND_MS } from '@kura/base';
import { type CertificateName, judge, ROLES, type Role } from '@kura/certificates';
import type { Rows } from '../db/tables.ts';
import { revokedSerials } from './revocations.ts';

/** Longer: somebody withdrawn stays longer. Shorter: a query of every program for nothing. */
export const REVOCATIONS_READ_MS = 10 * SECOND_MS;

export interface TrustedNetwork {
  readonly root: X509Certificate;
  /** Its id. */
  readonly network: string;
}

export class TrustBook {
  readonly #network: TrustedNetwork;
  readonly #clock: Clock;
  #revoked: ReadonlySet<string> = new Set();

  constructor(network: TrustedNetwork, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
  }

  /** For `serve`: whoever holds a certificate of this network; the edge checks the role. Throws `refused`. */
  authorise = (certificate: X509Certificate): CertificateName => this.judge(certificate, ROLES);

  /** For a client's trust rule. Throws `refused` with the reason. */
  judge(certificate: X509Certificate, roles: readonly Role[]): CertificateName {
    const nowMs = this.#clock.nowMs();
    return judge(certificate, { ...this.#network, nowMs, roles, revoked: this.#revoked });
  }

  /** Resolves to the serials that are new: connections of theirs are to be ended. */
  async refresh(rows: Rows): Promise<ReadonlySet<string>> {
    const before = this.#revoked;
    this.#revoked = await revokedSerials(rows, this.#clock.nowMs());
    return this.#revoked.difference(before);
  }
}
