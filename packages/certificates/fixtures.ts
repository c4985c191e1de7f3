// For tests only: an authority and certificates that follow from one number.
import { X509Certificate } from 'node:crypto';
import { deviceId, memberId, type Random, storeId } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { type Authority, foundAuthority, issue } from './issue.ts';
import type { CertificateName } from './name.ts';
import { newRequest } from './request.ts';

export const NETWORK = 'ab'.repeat(16);
export const NOW_MS = Date.UTC(2026, 10, 21);

export const NAMES = {
  device: {
    role: 'device',
    network: NETWORK,
    member: memberId('11'.repeat(16)),
    device: deviceId('22'.repeat(16)),
  },
  store: { role: 'store', network: NETWORK, store: storeId('5a'.repeat(16)) },
  gateway: { role: 'gateway', network: NETWORK, id: '9a'.repeat(16) },
  coordinator: { role: 'coordinator', network: NETWORK, id: 'c0'.repeat(16) },
  operator: { role: 'operator', network: NETWORK, id: 'ada' },
} as const satisfies Readonly<Record<string, CertificateName>>;

export class TestAuthority {
  readonly random: Random;
  readonly authority: Authority;

  constructor(seed = 1) {
    this.random = new SeededRandom(seed);
    this.authority = foundAuthority(NETWORK, { nowMs: NOW_MS, random: this.random });
  }

  get root(): X509Certificate {
    return new X509Certificate(this.authority.certificatePem);
  }

  issue(
    name: CertificateName,
    given: { readonly nowMs?: number; readonly hosts?: readonly string[] } = {},
  ): X509Certificate {
    const { nowMs = NOW_MS, hosts = [] } = given;
    const { request } = newRequest(this.random);
    const { random } = this;
    return new X509Certificate(issue(this.authority, { request, name, hosts, nowMs, random }));
  }
}
