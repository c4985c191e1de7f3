// Open incidents, as a duty of a gateway under the lease `incidents`: one program of a network asks, waits, asks
// again, and judges. An embedded network does the same in its own process. It opens none, and tells nobody.
import { HOUR_MS, KuraError, MINUTE_MS, must, type Random, type StoreId } from '@kura/base';
import { openExamination } from '@kura/contract/audit/index.ts';
import { MAX_EXAMINATIONS, type VerdictKind } from '@kura/contract/evidence/index.ts';
import type { CopyToAudit } from '../audit/outcome.ts';
import type { IncidentsTable } from '../db/incident-tables.ts';
import type { Rows } from '../db/tables.ts';
import type { Lease } from '../leases/leases.ts';
import type { Network } from '../network.ts';
import {
  type Asking,
  examineCopy,
  type IncidentStore,
  rereadLeaves,
  truePaths,
} from './ask-store.ts';
import { type Draft, gather } from './gather.ts';
import { closeWithout, judgeIncident } from './judge-incident.ts';
import { MAX_REREAD_LEAVES, nextStep } from './next-step.ts';
import { noteExamination, notePaths } from './note-answers.ts';
import { addObservation } from './open-incident.ts';
import { ROGUE_AFTER } from './rogue.ts';
import { tellIncidents } from './tell-incidents.ts';

export const INCIDENTS_LEASE = 'incidents';
/** Of one round: each may mean that a store reads a whole copy. */
const MAX_ROUND = 10;
/** An examination, leaves again, and so on: what is not judged then goes on in the next round. */
const MAX_STEPS = 2 * MAX_EXAMINATIONS;
/** Waits after each question that was not answered; then it is judged without. */
const UNANSWERED_MS = [MINUTE_MS, 5 * MINUTE_MS, 20 * MINUTE_MS, HOUR_MS] as const;
/** Before a copy that was found whole is held against a further reading: what passes has passed by then. */
const AGAIN_MS = 10 * MINUTE_MS;

export interface IncidentDutyParts {
  readonly network: Network;
  /** The way to each store that answers now. */
  readonly storeAt: (storeId: StoreId) => IncidentStore | undefined;
  readonly rogueAfter?: number | undefined;
  /** Shorter only where incidents are tried out. */
  readonly againMs?: number | undefined;
  /** Told of each verdict, and of what a store could not be asked, for a log. */
  readonly onVerdict?: (storeId: StoreId, verdict: VerdictKind, reason: string) => void;
  readonly onFailure?: (storeId: StoreId, error: unknown) => void;
}

export class IncidentDuty {
  readonly #parts: IncidentDutyParts;

  constructor(parts: IncidentDutyParts) {
    this.#parts = parts;
  }

  /** What is due, each in transactions of its own. Resolves to how many were judged. */
  async round(lease: Lease): Promise<number> {
    const due = await this.#rows
      .selectFrom('incidents')
      .selectAll()
      .where('next_ms', '<=', this.#nowMs)
      .where('state', '=', 'open')
      .where('kind', '!=', 'head')
      .orderBy('next_ms')
      .limit(MAX_ROUND)
      .execute();
    let judged = 0;
    for (const incident of due) if (await this.#workOn(lease, incident)) judged++;
    await lease.transact((rows) => tellIncidents(rows, this.#nowMs));
    return judged;
  }

  get #rows(): Rows {
    return this.#parts.network.database.kysely;
  }

  get #nowMs(): number {
    return this.#parts.network.clock.nowMs();
  }

  get #random(): Random {
    return this.#parts.network.random;
  }

  #gather(rows: Rows, incident: IncidentsTable): Promise<Draft | undefined> {
    const { network, rogueAfter = ROGUE_AFTER } = this.#parts;
    const { leafBytes } = network.charter.shape;
    return gather(rows, incident, { leafBytes, rogueAfter, nowMs: this.#nowMs });
  }

  /** As far as it goes now: true once it is judged. */
  async #workOn(lease: Lease, { incident_id: id }: IncidentsTable): Promise<boolean> {
    for (let step = 0; step < MAX_STEPS; step++) {
      const incident = await this.#rows
        .selectFrom('incidents')
        .selectAll()
        .where('incident_id', '=', id)
        .where('state', '=', 'open')
        .where('next_ms', '<=', this.#nowMs)
        .executeTakeFirst();
      if (incident === undefined) return false;
      if (await this.#goOn(lease, incident)) return true;
    }
    return false;
  }

  /** True once it is judged. */
  async #goOn(lease: Lease, incident: IncidentsTable): Promise<boolean> {
    const draft = await this.#gather(this.#rows, incident);
    if (draft === undefined) {
      await lease.transact((rows) => closeWithout(rows, incident, this.#nowMs));
      return true;
    }
    const step = incident.kind === 'rogue' ? 'judge' : nextStepOf(draft, incident);
    if (step === 'judge') return this.#judge(lease, incident);
    try {
      const asking = await this.#asking(draft);
      if (step === 'examine') await this.#examine(lease, incident, asking);
      else await this.#reread(lease, incident, { draft, asking });
    } catch (error) {
      if (!(error instanceof KuraError) || error.code === 'interrupted') throw error;
      this.#parts.onFailure?.(draft.store.storeId, error);
      return this.#unanswered(lease, incident, error);
    }
    return false;
  }

  /** Throws `unreachable`. */
  async #asking({ store, copyId, packId, memberId, acknowledgement }: Draft): Promise<Asking> {
    const port = this.#parts.storeAt(store.storeId);
    if (port === undefined) {
      throw new KuraError('unreachable', `store ${store.storeId} is not connected`);
    }
    const { leafCount, root } = acknowledgement;
    const copy: CopyToAudit = {
      ...{ memberId, packId, copyId, leafCount, root },
      storeId: store.storeId,
    };
    const { leafBytes } = this.#parts.network.charter.shape;
    const { publicKey } = store;
    return { copy, publicKey, port, leafBytes, nowMs: () => this.#nowMs, random: this.#random };
  }

  async #examine(lease: Lease, incident: IncidentsTable, asking: Asking): Promise<void> {
    // While the table is there: what the examination sets aside cannot be asked for it any more.
    const seen = await this.#leavesSeen(incident);
    const paths = await truePaths(asking, seen);
    const examination = await examineCopy(asking);
    const isWhole = examination.state === 'intact';
    const nextMs = this.#nowMs + (isWhole ? (this.#parts.againMs ?? AGAIN_MS) : 0);
    await lease.transact(async (rows) => {
      await notePaths(rows, incident, paths);
      await noteExamination(rows, incident, examination, this.#noting(asking));
      await putOff(rows, incident, { nextMs, tries: 0 });
    });
  }

  async #leavesSeen({ incident_id: id }: IncidentsTable): Promise<number[]> {
    const rows = await this.#rows
      .selectFrom('incident_observations')
      .select('leaves')
      .where('incident_id', '=', id)
      .execute();
    return [...new Set(rows.flatMap(({ leaves }) => JSON.parse(leaves) as number[]))];
  }

  async #reread(
    lease: Lease,
    incident: IncidentsTable,
    { draft, asking }: { readonly draft: Draft; readonly asking: Asking },
  ): Promise<void> {
    const seen = draft.observations.flatMap(({ leaves }) => leaves);
    const leaves = seen.length > 0 ? [...new Set(seen)] : this.#someLeaves(draft.leafCount);
    const asked = leaves.slice(0, MAX_REREAD_LEAVES);
    const again = await rereadLeaves(asking, asked);
    const paths = again === undefined ? [] : await truePaths(asking, again.leaves);
    const timeMs = this.#nowMs;
    await lease.transact(async (rows) => {
      const { incident_id: id, member_id: memberId } = incident;
      if (again !== undefined) {
        await addObservation({ rows, memberId }, id, { ...again, source: 'leaves', timeMs });
      }
      await notePaths(rows, incident, paths);
      await rows
        .updateTable('incidents')
        .set({ reread_ms: timeMs, next_ms: timeMs, tries: 0 })
        .where('incident_id', '=', id)
        .execute();
    });
  }

  #someLeaves(leafCount: number): readonly number[] {
    const drawn = Array.from({ length: MAX_REREAD_LEAVES }, () => this.#random.below(leafCount));
    return [...new Set(drawn)];
  }

  #noting({ copy, leafBytes }: Asking) {
    return { nowMs: this.#nowMs, random: this.#random, sizeBytes: copy.leafCount * leafBytes };
  }

  async #unanswered(lease: Lease, incident: IncidentsTable, error: KuraError): Promise<boolean> {
    const waitMs = UNANSWERED_MS[incident.tries];
    const nextMs = this.#nowMs + (waitMs ?? 0);
    const seen = error.code === 'refused' ? ('refused' as const) : ('late' as const);
    await lease.transact(async (rows) => {
      const { incident_id: id, member_id: memberId } = incident;
      const about = { class: seen, source: 'scrub' as const, leaves: [], timeMs: this.#nowMs };
      await addObservation({ rows, memberId }, id, about);
      await putOff(rows, incident, { nextMs, tries: incident.tries + 1 });
    });
    return waitMs === undefined ? this.#judge(lease, incident) : false;
  }

  async #judge(lease: Lease, incident: IncidentsTable): Promise<boolean> {
    const verdict = await lease.transact(async (rows) => {
      const draft = await this.#gather(rows, incident);
      if (draft === undefined) return undefined;
      const judging = { nowMs: this.#nowMs, random: this.#random };
      return judgeIncident(rows, incident, draft, judging);
    });
    if (verdict === undefined) return false;
    const { store_id: storeId } = incident;
    this.#parts.onVerdict?.(must(storeId, 'of a store'), verdict.kind, verdict.reason);
    return true;
  }
}

function nextStepOf(draft: Draft, { reread_ms: rereadMs }: IncidentsTable) {
  const { store, copyId, acknowledgement, observations: seen } = draft;
  const check = { storeKey: store.publicKey, storeId: store.storeId, copyId };
  const examinations = draft.examinations.map(({ askedMs, signed }) => ({
    ...openExamination(signed, check),
    askedMs,
  }));
  return nextStep({ root: acknowledgement.root, examinations, seen, rereadMs });
}

async function putOff(
  rows: Rows,
  { incident_id: id }: IncidentsTable,
  { nextMs, tries }: { readonly nextMs: number; readonly tries: number },
): Promise<void> {
  await rows
    .updateTable('incidents')
    .set({ next_ms: nextMs, tries })
    .where('incident_id', '=', id)
    .execute();
}
