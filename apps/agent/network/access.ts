// How a device reaches its network: plain data, so that it survives the way to a thread, and the two clients
// that are opened from it.
import { X509Certificate } from 'node:crypto';
import type { AlarmClock, Random } from '@kura/base';
import type { Role } from '@kura/certificates/name.ts';
import { judge, nameIn } from '@kura/certificates/trust.ts';
import { type Bandwidth, TokenBucket } from '@kura/wire/bandwidth.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import type { TlsIdentity, TrustRule } from '@kura/wire/tls.ts';

export interface NetworkAccess {
  /** "host:port" of the coordinators. */
  readonly coordinators: readonly string[];
  readonly gateways: readonly string[];
  /** Of the network's authority: the only certificate that is believed by itself. */
  readonly rootPem: string;
  /** The device's certificate and key. */
  readonly identity: TlsIdentity;
  /** What the card says; the contract's must agree (A14). */
  readonly level: number;
  /** "http://host:port" that is asked to CONNECT. */
  readonly proxy: string | undefined;
  /** Of this process or thread; 0 for no limit. */
  readonly limits: { readonly sendBytesPerS: number; readonly receiveBytesPerS: number };
  /** At once, to each address. */
  readonly connections: number;
}

export interface Surroundings {
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface Service {
  readonly coordinator: EndpointClient;
  readonly gateway: EndpointClient;
  /** Shared by all that this process or thread sends and receives. */
  readonly bandwidth: Bandwidth;
  close(): void;
}

/** Believes whoever has a certificate of the network with one of these roles. */
export function trusting(
  { rootPem, identity }: Pick<NetworkAccess, 'rootPem' | 'identity'>,
  roles: readonly Role[],
  { clock }: Pick<Surroundings, 'clock'>,
): TrustRule {
  const root = new X509Certificate(rootPem);
  // The one that has let this device in; its authority may stand over others.
  const { network } = nameIn(new X509Certificate(identity.certificatePem));
  // Which certificates were withdrawn is for the services to know; a device learns it by being told no.
  const revoked: ReadonlySet<string> = new Set();
  return (certificate) => {
    judge(certificate, { root, network, nowMs: clock.nowMs(), roles, revoked });
  };
}

export function bandwidthOf({ limits }: Pick<NetworkAccess, 'limits'>, clock: AlarmClock) {
  return {
    send: new TokenBucket(limits.sendBytesPerS, clock),
    receive: new TokenBucket(limits.receiveBytesPerS, clock),
  };
}

export function openService(access: NetworkAccess, { clock, random }: Surroundings): Service {
  const { identity, proxy, connections } = access;
  const bandwidth = bandwidthOf(access, clock);
  const common = { identity, proxy, bandwidth, connections, clock, random };
  const coordinator = openClient({
    ...common,
    addresses: access.coordinators,
    trust: trusting(access, ['coordinator'], { clock }),
  });
  // A coordinator does the work of a gateway as well, unless its operator says otherwise.
  const gateway = openClient({
    ...common,
    addresses: access.gateways,
    trust: trusting(access, ['gateway', 'coordinator'], { clock }),
  });
  return {
    ...{ coordinator, gateway, bandwidth },
    close: () => {
      coordinator.close();
      gateway.close();
    },
  };
}
