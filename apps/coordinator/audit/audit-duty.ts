// Audits as a duty of a gateway, under the lease `audits`: one program of a network is at it. A round renews the
// lease and starts a pass if none is under way: a pass may take longer than a lease lasts.
import type { Leases } from '../leases/leases.ts';
import { Tasks } from '../moves/tasks.ts';
import { Auditor } from './auditor.ts';
import type { AuditorParts } from './auditor-parts.ts';

export const AUDITS_LEASE = 'audits';

const ROUNDS_PER_DAY = 5760;
const SHORTEST_PACE_MS = 500;

/** How often a round is started: every 15 s of a whole day. */
export function auditPaceMs(dayMs: number): number {
  return Math.max(SHORTEST_PACE_MS, dayMs / ROUNDS_PER_DAY);
}

export interface AuditDutyParts extends AuditorParts {
  readonly leases: Leases;
}

export class AuditDuty {
  readonly #leases: Leases;
  readonly #auditor: Auditor;
  readonly #tasks = new Tasks();
  #isStopped = false;

  constructor({ leases, ...parts }: AuditDutyParts) {
    this.#leases = leases;
    this.#auditor = new Auditor(parts);
  }

  /** Starts what is due, and does not wait for it. Throws what went wrong since the last round. */
  async round(): Promise<void> {
    this.#tasks.rethrow();
    const lease = await this.#leases.take(AUDITS_LEASE);
    if (lease === undefined || this.#isStopped || this.#tasks.count > 0) return;
    this.#tasks.start(async () => {
      for (let hasMore = true; hasMore; ) ({ hasMore } = await this.#auditor.pass(lease));
    });
  }

  /** Begins nothing more; resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#auditor.stop();
    await this.#tasks.idle();
  }
}
