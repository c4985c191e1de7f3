// What a coordinator and a gateway tell of certificates: when their own ends, how old the list of withdrawn ones is.
import { X509Certificate } from 'node:crypto';
import { SECOND_MS } from '@kura/base';
import type { Metrics } from '@kura/daemon/metrics.ts';
import type { TlsIdentity } from '@kura/wire';
import type { Rows } from '../db/tables.ts';

export function certificateEndMs({ certificatePem }: Pick<TlsIdentity, 'certificatePem'>): number {
  return new X509Certificate(certificatePem).validToDate.getTime();
}

export function showCertificate(metrics: Metrics, identity: TlsIdentity): void {
  const endMs = certificateEndMs(identity);
  metrics.gauge('kura_certificate_end_seconds').set(endMs / SECOND_MS);
}

/** As long as nothing was ever withdrawn there is no list, and none that could be old: 0. */
export async function showRevocations(
  rows: Rows,
  { metrics, nowMs }: { readonly metrics: Metrics; readonly nowMs: number },
): Promise<void> {
  const { made } = await rows
    .selectFrom('revocations')
    .select((all) => all.fn.max<number | string | null>('made_ms').as('made'))
    .executeTakeFirstOrThrow();
  const ageMs = made === null ? 0 : nowMs - Number(made);
  metrics.gauge('kura_revocations_age_seconds').set(ageMs / SECOND_MS);
}
