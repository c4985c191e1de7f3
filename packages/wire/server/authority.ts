// Who a caller is, and whether an endpoint is for them: decided from the certificate alone, before a body is
// read.
import type { X509Certificate } from 'node:crypto';
import { KuraError } from '@kura/base';
import type { CertificateName, Role } from '@kura/certificates/name.ts';
import { keyHashOf, nameIn, refusal, serialOf } from '@kura/certificates/trust.ts';
import type { Who } from '@kura/contract/wire/endpoint.ts';
import type { Caller } from './caller.ts';
import type { ServeOptions } from './edge.ts';
import type { EndpointTable } from './handler.ts';

/** Roles that a word of the endpoint table stands for; absent: no certificate of the network is needed. */
const ROLES_OF: Readonly<Record<Who, readonly Role[] | undefined>> = {
  nobody: undefined,
  token: undefined,
  key: undefined,
  device: ['device'],
  // A coordinator does the work of gateways as well.
  gateway: ['gateway', 'coordinator'],
  store: ['store'],
  operator: ['operator'],
  any: ['coordinator', 'gateway', 'store', 'device', 'operator'],
};

export function callerOf(
  certificate: X509Certificate | undefined,
  address: string,
  authorise: ServeOptions<EndpointTable>['authorise'],
): Caller {
  if (certificate === undefined) return { kind: 'nobody', address };
  const keyHash = keyHashOf(certificate);
  try {
    const name = authorise(certificate);
    return { kind: 'certified', address, keyHash, name, serial: serialOf(certificate) };
  } catch (error) {
    if (error instanceof KuraError && error.code === 'refused') {
      return { kind: 'self-made', address, keyHash, claims: claimsOf(certificate), refusal: error };
    }
    throw error;
  }
}

/** Whoever made it wrote the name: for a count of who is imitated, and for nothing else. */
function claimsOf(certificate: X509Certificate): CertificateName | undefined {
  try {
    return nameIn(certificate);
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}

/** A limit on strangers holds for this call. */
export function isStranger(caller: Caller, who: Who | undefined): boolean {
  return caller.kind !== 'certified' && who !== 'key';
}

/** Throws `refused` with its reason unless `caller` may ask this. */
export function checkCaller(caller: Caller, who: Who): void {
  const roles = ROLES_OF[who];
  if (who === 'key' && caller.kind === 'nobody') {
    throw refusal('none', 'a ticket or grant is believed only with the certificate of its key');
  }
  if (roles === undefined) return;
  if (caller.kind === 'nobody') {
    throw refusal('none', `only a ${who === 'any' ? 'member of the network' : who} may ask this`);
  }
  if (caller.kind === 'self-made') throw caller.refusal;
  if (!roles.includes(caller.name.role)) {
    throw refusal('wrong role', `a ${caller.name.role} may not ask this, only a ${who}`);
  }
}
