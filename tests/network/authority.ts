// An authority of a test's own and certificates from it, as a network's coordinator would issue them.
import { X509Certificate } from 'node:crypto';
import { systemClock, systemRandom } from '@kura/base';
import {
  type CertificateName,
  foundAuthority,
  issue,
  newRequest,
  type Role,
} from '@kura/certificates';
import { judge } from '@kura/certificates/trust.ts';
import type { TlsIdentity, TrustRule } from '@kura/wire/tls.ts';

export const NETWORK_ID = 'ee'.repeat(16);

export class TestAuthority {
  readonly #authority = foundAuthority(NETWORK_ID, {
    nowMs: systemClock.nowMs(),
    random: systemRandom,
  });
  readonly #root = new X509Certificate(this.#authority.certificatePem);

  get rootPem(): string {
    return this.#authority.certificatePem;
  }

  /** `nowMs`: when it is issued. */
  identity(name: CertificateName, nowMs = systemClock.nowMs()): TlsIdentity {
    const { keyPem, request } = newRequest(systemRandom);
    const certificatePem = issue(this.#authority, {
      ...{ request, name, hosts: ['127.0.0.1'], nowMs, random: systemRandom },
    });
    return { certificatePem, keyPem };
  }

  gateway(): TlsIdentity {
    return this.identity({ role: 'gateway', network: NETWORK_ID, id: 'aa'.repeat(16) });
  }

  /** Who holds a certificate of one of these roles; throws `refused` for any other. */
  judge(roles: readonly Role[]): (certificate: X509Certificate) => CertificateName {
    const revoked = new Set<string>();
    return (certificate) =>
      judge(certificate, {
        ...{ root: this.#root, network: NETWORK_ID },
        ...{ nowMs: systemClock.nowMs(), roles, revoked },
      });
  }

  trusts(...roles: readonly Role[]): TrustRule {
    const judgeRole = this.judge(roles);
    return (certificate) => void judgeRole(certificate);
  }
}
