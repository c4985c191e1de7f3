// An incident that enough is known of is judged: bundle, verdict, the event in the log, what follows for the store,
// all in the transaction that closes it. Judged twice is judged the same.
import { must, type Random, type StoreId } from '@kura/base';
import {
  ACCUSATIONS,
  factsOf,
  formatBundle,
  hashBundle,
  judge,
  type Verdict,
  type VerdictKind,
} from '@kura/contract/evidence/index.ts';
import { noteEvent } from '../custody/log-events.ts';
import type { IncidentsTable } from '../db/incident-tables.ts';
import type { Rows } from '../db/tables.ts';
import { mustKnow, readStores, setStoreState } from '../stores/stores.ts';
import type { Draft } from './gather.ts';
import { noteState } from './note-answers.ts';

export interface Judging {
  readonly nowMs: number;
  readonly random: Random;
}

/** What a member need not be told of: nothing came of it. */
const UNTOLD: readonly VerdictKind[] = ['passing', 'outage'];

/** After these a copy is as its examination has left it; after any other it does not count any more. */
const COUNTING: readonly VerdictKind[] = ['passing', 'outage', 'decay', 'misdirected'];

export async function judgeIncident(
  rows: Rows,
  incident: IncidentsTable,
  draft: Draft,
  { nowMs, random }: Judging,
): Promise<Verdict> {
  const { incident_id: incidentId, member_id: memberId } = incident;
  const verdict = judge(factsOf(draft));
  const bundle = formatBundle({ ...draft, verdict });
  const evidence = hashBundle(bundle);
  const event = await noteEvent(
    { rows, memberId },
    { event: 'incident', subject: { incidentId, evidence }, about: incidentId },
    { random, nowMs },
  );
  await rows
    .insertInto('incident_evidence')
    .values({ incident_id: incidentId, member_id: memberId, bundle, event })
    .execute();
  await close(rows, incident, { ...verdict, evidence, nowMs });
  if (!COUNTING.includes(verdict.kind) && incident.kind === 'copy') {
    await noteState(rows, incident, verdict.kind === 'loss' ? 'lost' : 'damaged');
  }
  if (ACCUSATIONS.includes(verdict.kind)) {
    await holdOff(rows, must(incident.store_id, 'an incident of a store'), nowMs);
  }
  return verdict;
}

/** Without evidence: the copy went meanwhile, so that nobody has lost anything by it. */
export async function closeWithout(
  rows: Rows,
  incident: IncidentsTable,
  nowMs: number,
): Promise<void> {
  const reason = 'the copy is not one of this member any more';
  await close(rows, incident, { kind: 'passing', reason, evidence: null, nowMs });
}

interface Closing extends Pick<Verdict, 'kind' | 'reason'> {
  readonly evidence: string | null;
  readonly nowMs: number;
}

async function close(
  rows: Rows,
  { incident_id: id }: IncidentsTable,
  { kind, reason, evidence, nowMs }: Closing,
): Promise<void> {
  await rows
    .updateTable('incidents')
    .set({
      ...{ state: 'judged', next_ms: null, verdict: kind, reason, judged_ms: nowMs },
      evidence_hash: evidence,
      // Told at once in the sense that there is nothing to tell.
      told_ms: UNTOLD.includes(kind) ? nowMs : null,
    })
    .where('incident_id', '=', id)
    .execute();
}

/** Nothing new goes there, and what is there is made elsewhere, until an operator has looked. */
async function holdOff(rows: Rows, storeId: StoreId, nowMs: number): Promise<void> {
  const { state } = mustKnow(await readStores(rows), storeId);
  if (state !== 'active' && state !== 'unreachable') return;
  await setStoreState(rows, storeId, { state: 'draining', nowMs });
}
