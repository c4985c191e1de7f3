// What a gateway has on its machine: the network it belongs to, its certificate, and the secret from which copy
// keys and tickets follow. Written when it enrols.
import { X509Certificate } from 'node:crypto';
import { fromHex, KuraError, toHex } from '@kura/base';
import {
  type CertificateName,
  checkIssued,
  judge,
  newRequest,
  parseInvitation,
  trustFirst,
} from '@kura/certificates';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import type { GatewayConfig } from '@kura/daemon';
import { parseAddress } from '@kura/wire/address.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import { StateFiles } from './state-folder.ts';
import type { CoordinatorSurroundings } from './surroundings.ts';

const GATEWAY_KEY = 'secrets/gateway.key';
/** Certificate and key in one file: a kill while they are renewed must not leave a key beside another's certificate. */
const IDENTITY = 'secrets/identity.pem';
const ROOT = 'network.pem';
const COORDINATOR = 'coordinator.address';
const ENROL_FIRST = 'Enrol it first: kura serve gateway --enrol';

/** What of its file says where all this lies, and by which name it is reached. */
type GatewayPlace = Pick<GatewayConfig, 'state' | 'listen'>;

type Around = Pick<CoordinatorSurroundings, 'clock' | 'random'>;

export interface GatewayState {
  readonly gatewaySecret: Uint8Array;
  readonly root: X509Certificate;
  /** From its certificate; so is the next. */
  readonly networkId: string;
  readonly identity: TlsIdentity;
  readonly gatewayId: string;
  /** "host:port" of the coordinator that it enrolled with. */
  readonly coordinator: string;
}

/** Throws `no_network` before it has enrolled, `refused` if its certificate is no longer good. */
export function readGatewayState(config: GatewayPlace, nowMs: number): GatewayState {
  const files = new StateFiles(config.state);
  const demand = (name: string): string => files.demand(name, ENROL_FIRST);
  const root = new X509Certificate(demand(ROOT));
  const identity = readIdentity(demand(IDENTITY));
  const name = nameIn(identity, root, nowMs);
  const secret = demand(GATEWAY_KEY).trim();
  if (!/^[0-9a-f]{64}$/.test(secret) || name.role !== 'gateway') {
    throw new KuraError('corrupt', `the secrets in ${config.state} are not those of a gateway`);
  }
  const coordinator = demand(COORDINATOR).trim();
  const { id: gatewayId, network: networkId } = name;
  return { gatewaySecret: fromHex(secret), root, networkId, identity, gatewayId, coordinator };
}

const KEY = /^-----BEGIN PRIVATE KEY-----\n[^-]*-----END PRIVATE KEY-----\n/;

/** The key first, then the certificate, both in PEM. */
function identityText({ certificatePem, keyPem }: TlsIdentity): string {
  return `${keyPem.trimEnd()}\n${certificatePem}`;
}

function readIdentity(text: string): TlsIdentity {
  const keyPem = KEY.exec(text)?.[0];
  if (keyPem === undefined) {
    throw new KuraError('corrupt', 'the certificate of this gateway is without its key', {
      guidance: ENROL_FIRST,
    });
  }
  return { keyPem, certificatePem: text.slice(keyPem.length) };
}

function nameIn(
  { certificatePem }: TlsIdentity,
  root: X509Certificate,
  nowMs: number,
): CertificateName {
  const certificate = new X509Certificate(certificatePem);
  // Its network is the one that its certificate names: that was compared when it enrolled.
  const own = { network: undefined, roles: ['gateway'], revoked: new Set<string>() } as const;
  return judge(certificate, { root, nowMs, ...own });
}

/** The token becomes a certificate and the gateways' secret. Throws `refused`, `usage`, `unreachable`. */
export async function enrolGateway(
  config: GatewayPlace,
  invitation: string,
  { clock, random }: Around,
): Promise<void> {
  const { address, rootHash, token } = parseInvitation(invitation);
  const files = new StateFiles(config.state);
  const { keyPem, request } = newRequest(random);
  const trust = { rootHash, roles: ['coordinator'] as const, revoked: new Set<string>() };
  const client = openClient({
    addresses: [address],
    trust: (certificate, chain) =>
      void trustFirst(certificate, chain, { ...trust, nowMs: clock.nowMs() }),
    ...{ clock, random },
  });
  try {
    const enrolled = await client.call(ACCOUNT_ENDPOINTS.enrol, {
      body: { token, certificateRequest: request, hosts: hostsOf(config), store: undefined },
    });
    if (enrolled.gatewaySecret === undefined) {
      throw new KuraError('refused', 'this invitation is not for a gateway');
    }
    checkIssued(
      { ...enrolled.network, ...enrolled },
      { rootHash, role: 'gateway', nowMs: clock.nowMs() },
    );
    files.replace(GATEWAY_KEY, `${toHex(enrolled.gatewaySecret)}\n`);
    files.replace(ROOT, enrolled.network.authorityPem);
    files.replace(COORDINATOR, `${address}\n`);
    const { certificatePem } = enrolled;
    files.replace(IDENTITY, identityText({ certificatePem, keyPem }));
  } finally {
    client.close();
  }
}

/** A new key and certificate for the same name; the old ones stay good until they end. */
export async function renewGateway(
  config: GatewayPlace,
  client: EndpointClient,
  { random }: Pick<Around, 'random'>,
): Promise<TlsIdentity> {
  const files = new StateFiles(config.state);
  const { keyPem, request } = newRequest(random);
  const { certificatePem } = await client.call(ACCOUNT_ENDPOINTS.renewCertificate, {
    body: { certificateRequest: request, hosts: hostsOf(config) },
  });
  const identity = { certificatePem, keyPem };
  files.replace(IDENTITY, identityText(identity));
  return identity;
}

function hostsOf({ listen }: GatewayPlace): readonly string[] {
  return [parseAddress(listen.public ?? listen.address).host];
}
