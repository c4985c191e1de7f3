// All audits that are due, one pass after the other, for a network in one process (`kura audit run`).
import { KuraError } from '@kura/base';
import type { Lease, Leases } from '../leases/leases.ts';
import { AUDITS_LEASE } from './audit-duty.ts';
import { Auditor } from './auditor.ts';
import { type AuditFigures, type AuditorParts, noFigures } from './auditor-parts.ts';
import { hasten } from './calendar.ts';

export interface RunAuditsParts extends AuditorParts {
  readonly leases: Leases;
  /** Also what would be due later in this round. */
  readonly isWholeRound: boolean;
  /** After each pass; may throw to end it. */
  readonly onPass: (soFar: AuditFigures) => Promise<void>;
}

/** Throws `busy` while another process audits. */
export async function runAuditsDue(parts: RunAuditsParts): Promise<AuditFigures> {
  const { leases, isWholeRound, onPass, network } = parts;
  const auditor = new Auditor(parts);
  const total = noFigures();
  for (let isHastened = !isWholeRound, hasMore = true; hasMore || !isHastened; ) {
    const lease = await takeLease(leases);
    if (!hasMore) {
      await lease.transact((rows) => hasten(rows, network.clock.nowMs()));
      isHastened = true;
    }
    const end = await auditor.pass(lease);
    hasMore = end.hasMore;
    add(total, end.figures);
    await onPass(total);
  }
  return total;
}

async function takeLease(leases: Leases): Promise<Lease> {
  const lease = await leases.take(AUDITS_LEASE);
  if (lease !== undefined) return lease;
  throw new KuraError('busy', 'another process audits this network', {
    guidance: 'Wait until it is done, or half a minute if it has ended.',
  });
}

function add(total: AuditFigures, more: AuditFigures): void {
  for (const name of Object.keys(total) as (keyof AuditFigures)[]) total[name] += more[name];
}
