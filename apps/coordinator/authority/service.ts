// What the handlers of a service's coordinator work with: the network's tables, its authority and the keys that
// follow from its secret. It holds no state of its own, so any number of coordinators may have one each.
import { KuraError, must } from '@kura/base';
import type { Authority } from '@kura/certificates';
import type { networkNotice } from '@kura/contract/wire/endpoints/account.ts';
import type { Infer } from '@kura/contract/wire/shape.ts';
import { OpaqueServer } from '../accounts/opaque.ts';
import type { Network } from '../network.ts';
import { CertificateAuthority } from './certificate-authority.ts';
import { openSetup } from './sealed-setup.ts';
import { type ServiceKeys, serviceKeys } from './service-keys.ts';

export interface Service {
  readonly network: Network;
  /** 16 bytes in lower-case hex: the network's id. */
  readonly networkId: string;
  readonly authority: CertificateAuthority;
  readonly keys: ServiceKeys;
  readonly opaque: OpaqueServer;
}

export interface ServiceSecrets {
  readonly networkSecret: Uint8Array;
  readonly authority: Authority;
}

/** Throws `refused` for another network's secret, `usage` for an authority that is none, `unsupported`. */
export async function openService(network: Network, secrets: ServiceSecrets): Promise<Service> {
  const { charter, database, random } = network;
  if (charter.kind !== 'service') {
    throw new KuraError('unsupported', 'this is an embedded network, which has no other members', {
      guidance: 'Found a service with: kura serve coordinator --found',
    });
  }
  network.unlock(secrets.networkSecret);
  const keys = serviceKeys(secrets.networkSecret);
  const { login_setup: sealed } = await database.kysely
    .selectFrom('network')
    .select('login_setup')
    .executeTakeFirstOrThrow();
  return {
    network,
    networkId: charter.memberId,
    authority: new CertificateAuthority(secrets.authority, random),
    keys,
    opaque: new OpaqueServer(openSetup(must(sealed, 'a service has one'), keys.loginSetupKey)),
  };
}

export type NetworkNotice = Infer<typeof networkNotice>;

/** What whoever belongs to the network knows it by. */
export function noticeOf({ network, networkId, authority, keys }: Service): NetworkNotice {
  const { log } = network.charter;
  return {
    networkId,
    authorityPem: authority.rootPem,
    logOrigin: log.origin,
    logKey: log.publicKey,
    coordinatorKey: keys.coordinatorKey,
  };
}
