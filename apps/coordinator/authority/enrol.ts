// A program of the network, or an operator, is let in by a token: what it is comes from the token, the certificate
// is issued in the transaction that uses it up.
import { createHash } from 'node:crypto';
import { KuraError, type NetworkShape, toHex } from '@kura/base';
import type { CertificateName, Token } from '@kura/certificates';
import type { NewStore } from '@kura/contract/wire/endpoints/account.ts';
import type { SuiteName } from '@kura/copy-seal';
import type { Rows, TokenPurpose } from '../db/tables.ts';
import { enrolStore, leastUsedSuite } from '../stores/enrol.ts';
import type { Service } from './service.ts';
import { type OpenToken, useToken, withToken } from './tokens.ts';

const PROGRAMS: readonly TokenPurpose[] = ['store', 'gateway', 'coordinator', 'operator'];
const ID_BYTES = 16;

/** What a shelf is founded with; the token stays good. */
export async function enrolmentTerms(
  { network }: Service,
  token: Token,
): Promise<{ readonly shape: NetworkShape; readonly suite: SuiteName }> {
  const use = { token, purposes: ['store'], nowMs: network.clock.nowMs() } as const;
  const suite = await withToken(network.database, use, (rows) => leastUsedSuite(rows));
  return { shape: network.charter.shape, suite };
}

export interface Enrolment {
  readonly token: Token;
  readonly certificateRequest: Uint8Array;
  readonly hosts: readonly string[];
  readonly store: NewStore | undefined;
}

export interface Enrolled {
  readonly certificatePem: string;
  /** A gateway's; copy keys, pseudonyms and tickets follow from it. */
  readonly gatewaySecret: Uint8Array | undefined;
}

/** Throws `refused`, `usage`, `hostile`, and what keeps a store from being a candidate. */
export async function enrol(service: Service, enrolment: Enrolment): Promise<Enrolled> {
  const { network, authority, keys } = service;
  const { token, certificateRequest: request, hosts } = enrolment;
  const nowMs = network.clock.nowMs();
  const use = { token, purposes: PROGRAMS, nowMs };
  return withToken(network.database, use, async (rows, open) => {
    await useToken(rows, open.tokenId, nowMs);
    const name = await nameOf(service, rows, { open, enrolment, nowMs });
    const certificatePem = await authority.issue(rows, { name, request, hosts, nowMs });
    const gatewaySecret = name.role === 'gateway' ? keys.gatewaySecret : undefined;
    return { certificatePem, gatewaySecret };
  });
}

async function nameOf(
  { networkId, network }: Service,
  rows: Rows,
  asked: { readonly open: OpenToken; readonly enrolment: Enrolment; readonly nowMs: number },
): Promise<CertificateName> {
  const { open, enrolment, nowMs } = asked;
  const { purpose } = open;
  if ((purpose === 'store') !== (enrolment.store !== undefined)) {
    throw new KuraError('refused', `this invitation is for a ${purpose}`, {
      context: { reason: 'purpose' },
    });
  }
  if (enrolment.store !== undefined) {
    await enrolCandidate(rows, enrolment.store, { request: enrolment.certificateRequest, nowMs });
    return { role: 'store', network: networkId, store: enrolment.store.identity.storeId };
  }
  if (purpose === 'operator') {
    return { role: purpose, network: networkId, id: open.details.operator ?? '' };
  }
  const role = purpose === 'gateway' ? 'gateway' : 'coordinator';
  return { role, network: networkId, id: toHex(network.random.bytes(ID_BYTES)) };
}

async function enrolCandidate(
  rows: Rows,
  store: NewStore,
  { request, nowMs }: { readonly request: Uint8Array; readonly nowMs: number },
): Promise<void> {
  const { identity, proof, address, kind, readerAddress, lineMbit, capacityBytes } = store;
  const { rank, operator } = store;
  const challenge = new Uint8Array(createHash('sha256').update(request).digest());
  const service = { kind, readerAddress, lineMbit, capacityBytes, rank, operator };
  await enrolStore(rows, { identity, challenge, proof, address, service, nowMs });
}
