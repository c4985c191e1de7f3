// A device's certificate is renewed long before it ends, over the old one, for a new key. The old one stays good
// until its end, so whatever goes wrong here is tried again by the next command.
import { X509Certificate } from 'node:crypto';
import { DAY_MS, KuraError } from '@kura/base';
import { newRequest } from '@kura/certificates/request.ts';
import { ACCOUNT_ENDPOINTS as ACCOUNT } from '@kura/contract/wire/endpoints/account.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { TlsIdentity } from '@kura/wire/tls.ts';
import type { Surroundings } from './access.ts';

/** Of the ninety that a certificate lasts (docs/design/enrolment.md). */
const RENEWED_AT_MS = 30 * DAY_MS;

/** A new certificate and key; undefined if the old one lasts, or no new one can be had now. */
export async function renewedIdentity(
  { certificatePem }: TlsIdentity,
  client: EndpointClient,
  { clock, random }: Surroundings,
): Promise<TlsIdentity | undefined> {
  const endMs = new X509Certificate(certificatePem).validToDate.getTime();
  if (endMs - clock.nowMs() > RENEWED_AT_MS) return undefined;
  const { keyPem, request } = newRequest(random);
  try {
    const body = { certificateRequest: request, hosts: [] };
    const answer = await client.call(ACCOUNT.renewCertificate, { body, tries: 1 });
    return { certificatePem: answer.certificatePem, keyPem };
  } catch (error) {
    if (error instanceof KuraError) return undefined;
    throw error;
  }
}
