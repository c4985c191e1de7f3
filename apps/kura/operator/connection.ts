// An operator's way to the coordinator: enrols with an invitation, then speaks with the certificate of
// `operator.json`, and renews it before it ends.
import { X509Certificate } from 'node:crypto';
import { type AlarmClock, DAY_MS } from '@kura/base';
import { checkIssued, type Invitation, trustFirst } from '@kura/certificates/invitation.ts';
import { newRequest } from '@kura/certificates/request.ts';
import { judge } from '@kura/certificates/trust.ts';
import { ACCOUNT_ENDPOINTS } from '@kura/contract/wire/endpoints/account.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { openClient } from '@kura/wire/client/open-client.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import {
  type FileAccess,
  type OperatorFile,
  readOperatorFile,
  writeOperatorFile,
} from './operator-file.ts';

export interface Surroundings extends FileAccess {
  readonly clock: AlarmClock;
}

/** Of its 30 days; whoever works less often than this enrols anew. */
const RENEW_WITH_LEFT_MS = 10 * DAY_MS;
const NOBODY: ReadonlySet<string> = new Set();

/** Throws `refused` with the reason, `unreachable`. */
export async function enrolOperator(
  invitation: Invitation,
  home: string,
  around: Surroundings,
): Promise<OperatorFile> {
  const { address, rootHash, token } = invitation;
  const { clock, random } = around;
  const roles = ['coordinator'] as const;
  const client = openClient({
    addresses: [address],
    trust: (certificate, chain) => {
      const nowMs = clock.nowMs();
      trustFirst(certificate, chain, { rootHash, roles, nowMs, revoked: NOBODY });
    },
    ...{ clock, random },
  });
  try {
    const { keyPem, request } = newRequest(random);
    const { certificatePem, network } = await client.call(ACCOUNT_ENDPOINTS.enrol, {
      body: { token, certificateRequest: request, hosts: [], store: undefined },
    });
    const nowMs = clock.nowMs();
    checkIssued({ ...network, certificatePem }, { rootHash, role: 'operator', nowMs });
    const { networkId, authorityPem } = network;
    const file = { address, networkId, authorityPem, certificatePem, keyPem };
    await writeOperatorFile(around, home, file);
    return file;
  } finally {
    client.close();
  }
}

export interface KnownNetwork {
  readonly networkId: string;
  readonly authorityPem: string;
  /** "host:port" of each coordinator. */
  readonly addresses: readonly string[];
  readonly identity: TlsIdentity;
}

export function coordinatorClient(
  { networkId, authorityPem, addresses, identity }: KnownNetwork,
  { clock, random }: Pick<Surroundings, 'clock' | 'random'>,
): EndpointClient {
  const known = { root: new X509Certificate(authorityPem), network: networkId };
  return openClient({
    ...{ addresses, identity },
    trust: (certificate) => {
      const nowMs = clock.nowMs();
      judge(certificate, { ...known, nowMs, roles: ['coordinator'], revoked: NOBODY });
    },
    ...{ clock, random },
  });
}

function clientOf(file: OperatorFile, around: Surroundings): EndpointClient {
  const { address, networkId, authorityPem, certificatePem, keyPem } = file;
  const identity = { certificatePem, keyPem };
  return coordinatorClient({ networkId, authorityPem, addresses: [address], identity }, around);
}

async function renewed(
  file: OperatorFile,
  home: string,
  around: Surroundings,
): Promise<OperatorFile> {
  const endMs = new X509Certificate(file.certificatePem).validToDate.getTime();
  if (around.clock.nowMs() < endMs - RENEW_WITH_LEFT_MS) return file;
  const { keyPem, request } = newRequest(around.random);
  const client = clientOf(file, around);
  try {
    const body = { certificateRequest: request, hosts: [] };
    const { certificatePem } = await client.call(ACCOUNT_ENDPOINTS.renewCertificate, { body });
    const next = { ...file, keyPem, certificatePem };
    await writeOperatorFile(around, home, next);
    return next;
  } finally {
    client.close();
  }
}

export interface OperatorConnection {
  readonly client: EndpointClient;
  readonly file: OperatorFile;
}

/** Runs `work` with a connection to the coordinator. Throws `no_network` if nobody enrolled here. */
export async function asOperator<Result>(
  home: string,
  around: Surroundings,
  work: (connection: OperatorConnection) => Promise<Result>,
): Promise<Result> {
  const file = await renewed(readOperatorFile(around.disk, home), home, around);
  const client = clientOf(file, around);
  try {
    return await work({ client, file });
  } finally {
    client.close();
  }
}
