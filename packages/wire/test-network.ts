// A network of certificates for tests: an authority, identities of any role, a clock that stands still, and
// services on loopback that end with the test.
import { X509Certificate } from 'node:crypto';
import type { TestContext } from 'node:test';
import { deviceId, memberId, storeId } from '@kura/base';
import {
  type Authority,
  type CertificateName,
  foundAuthority,
  issue,
  judge,
  newRequest,
  type Role,
  selfMade,
} from '@kura/certificates';
import { ManualAlarmClock, SeededRandom } from '@kura/testing';
import type { EndpointClient } from './client/client.ts';
import { type ClientOptions, openClient } from './client/open-client.ts';
import type { Edge, ServeOptions } from './server/edge.ts';
import type { EndpointTable } from './server/handler.ts';
import { serve } from './server/serve.ts';
import type { TlsIdentity, TrustRule } from './tls.ts';

export const NETWORK = 'ab'.repeat(16);
export const STORE = storeId('5a'.repeat(16));
const EVERY_ROLE: readonly Role[] = ['coordinator', 'gateway', 'store', 'device', 'operator'];

const NAMES: Readonly<Record<Role, CertificateName>> = {
  coordinator: { role: 'coordinator', network: NETWORK, id: 'c0'.repeat(16) },
  gateway: { role: 'gateway', network: NETWORK, id: '9a'.repeat(16) },
  store: { role: 'store', network: NETWORK, store: STORE },
  operator: { role: 'operator', network: NETWORK, id: 'ada' },
  device: {
    role: 'device',
    network: NETWORK,
    member: memberId('11'.repeat(16)),
    device: deviceId('22'.repeat(16)),
  },
};

type Given<T extends EndpointTable> = Pick<ServeOptions<T>, 'endpoints' | 'handlers'> &
  Partial<ServeOptions<T>>;

export class TestNetwork {
  readonly clock = new ManualAlarmClock();
  readonly random = new SeededRandom(7);
  readonly authority: Authority;
  readonly revoked = new Set<string>();
  readonly #test: TestContext;

  constructor(test: TestContext) {
    this.#test = test;
    this.authority = this.foundAuthority();
  }

  foundAuthority(): Authority {
    return foundAuthority(NETWORK, { nowMs: this.clock.nowMs(), random: this.random });
  }

  identity(role: Role, authority = this.authority): TlsIdentity {
    const { keyPem, request } = newRequest(this.random);
    const nowMs = this.clock.nowMs();
    const { random } = this;
    const certificatePem = issue(authority, {
      request,
      name: NAMES[role],
      hosts: [],
      nowMs,
      random,
    });
    return { certificatePem, keyPem };
  }

  selfMade(): TlsIdentity {
    const { keyPem } = newRequest(this.random);
    return { keyPem, certificatePem: selfMade(keyPem, this.clock.nowMs()) };
  }

  judge(certificate: X509Certificate, roles: readonly Role[] = EVERY_ROLE): CertificateName {
    const root = new X509Certificate(this.authority.certificatePem);
    const { revoked } = this;
    const nowMs = this.clock.nowMs();
    return judge(certificate, { root, network: NETWORK, nowMs, roles, revoked });
  }

  trust(...roles: readonly Role[]): TrustRule {
    return (certificate) => void this.judge(certificate, roles);
  }

  async serve<const T extends EndpointTable>(given: Given<T>): Promise<Edge & { address: string }> {
    const edge = await serve({
      tls: this.identity('gateway'),
      listen: { host: '127.0.0.1', port: 0 },
      authorise: (certificate) => this.judge(certificate),
      clock: this.clock,
      random: this.random,
      ...given,
    } as ServeOptions<T>);
    this.#test.after(() => edge.close());
    return edge as Edge & { address: string };
  }

  /** Of a service that a gateway's certificate stands for. */
  client(address: string, given: Partial<ClientOptions> = {}): EndpointClient {
    const { clock, random } = this;
    const trust = this.trust('gateway');
    const client = openClient({ addresses: [address], trust, clock, random, ...given });
    this.#test.after(() => client.close());
    return client;
  }
}
