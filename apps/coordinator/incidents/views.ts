// Incidents as whoever asks may see them: a member its own, a store its own, an operator all.
import { KuraError, type MemberId, type StoreId } from '@kura/base';
import type { EvidenceView, IncidentView } from '@kura/contract/wire/endpoints/incidents.ts';
import { formatVerifierKey, type LogKey } from '@kura/log';
import type { IncidentsTable } from '../db/incident-tables.ts';
import type { Rows } from '../db/tables.ts';
import { proveEntry, readHeads } from '../log/prove-entry.ts';
import { readStores } from '../stores/stores.ts';
import type { IncidentId } from './incident-id.ts';

/** Whose incidents; none of them: everybody's. */
export interface Sight {
  readonly member?: MemberId | undefined;
  readonly store?: StoreId | undefined;
}

export interface IncidentsAsked {
  readonly limit: number;
  /** The beginning of an id. */
  readonly id?: string | undefined;
}

/** The newest first. */
export async function viewIncidents(
  rows: Rows,
  { member, store }: Sight,
  { limit, id }: IncidentsAsked,
): Promise<readonly IncidentView[]> {
  let query = rows.selectFrom('incidents').selectAll().orderBy('opened_ms', 'desc').limit(limit);
  if (member !== undefined) query = query.where('member_id', '=', member);
  if (store !== undefined) query = query.where('store_id', '=', store);
  if (id !== undefined)
    query = query.where('incident_id', 'like', `${plainPrefix(id)}%` as IncidentId);
  const found = await query.execute();
  const stores = await readStores(rows);
  const views: IncidentView[] = [];
  for (const row of found) {
    const city = row.store_id === null ? undefined : stores.get(row.store_id)?.identity.place.city;
    views.push(viewOf(row, { city, ...(await besides(rows, row)) }));
  }
  return views;
}

/** Wildcards are no part of an id. */
function plainPrefix(id: string): string {
  if (/^[0-9a-f]{0,32}$/.test(id)) return id;
  throw new KuraError('usage', `"${id}" is not the beginning of an incident's id`);
}

async function besides(rows: Rows, { incident_id: id }: IncidentsTable) {
  const { observations } = await rows
    .selectFrom('incident_observations')
    .select((all) => all.fn.countAll<number>().as('observations'))
    .where('incident_id', '=', id)
    .executeTakeFirstOrThrow();
  const answer = await rows
    .selectFrom('incident_answers')
    .select(['said_ms', 'text'])
    .where('incident_id', '=', id)
    .executeTakeFirst();
  return { observations: Number(observations), answer };
}

interface Besides {
  readonly city: string | undefined;
  readonly observations: number;
  readonly answer: { readonly said_ms: number; readonly text: string } | undefined;
}

function viewOf(row: IncidentsTable, { city, observations, answer }: Besides): IncidentView {
  return {
    ...{ incidentId: row.incident_id, memberId: row.member_id, kind: row.kind, city },
    ...{ storeId: row.store_id ?? undefined, packId: row.pack_id ?? undefined },
    ...{ copyId: row.copy_id ?? undefined, state: row.state, openedMs: row.opened_ms },
    ...{ judgedMs: row.judged_ms ?? undefined, verdict: row.verdict ?? undefined },
    ...{ reason: row.reason, observations, hasEvidence: row.evidence_hash !== null },
    answer: answer === undefined ? undefined : { saidMs: answer.said_ms, text: answer.text },
  };
}

/** Throws `not_found` for one that is not there, not judged, or not to be seen. */
export async function viewEvidence(
  rows: Rows,
  sight: Sight,
  { incident, log }: { readonly incident: string; readonly log: LogKey },
): Promise<EvidenceView> {
  const [view] = await viewIncidents(rows, sight, { limit: 1, id: incident });
  const kept = await rows
    .selectFrom('incident_evidence')
    .selectAll()
    .where('incident_id', '=', (view?.incidentId ?? '') as IncidentId)
    .executeTakeFirst();
  if (view === undefined || kept === undefined) {
    throw new KuraError('not_found', `there is no evidence of an incident ${incident}`, {
      guidance: 'See `kura incidents list`: what is open has none yet.',
    });
  }
  const event = await rows
    .selectFrom('custody_events')
    .select(['body', 'leaf_index'])
    .where('member_id', '=', kept.member_id)
    .where('number', '=', kept.event)
    .executeTakeFirstOrThrow();
  const { body, leaf_index: leafIndex } = event;
  const proof =
    leafIndex === null ? undefined : await proveEntry(rows, leafIndex, await readHeads(rows));
  return {
    evidence: kept.bundle,
    event: leafIndex === null || proof === undefined ? undefined : { body, leafIndex, ...proof },
    logKey: formatVerifierKey({ name: log.origin, publicKey: log.publicKey }, 'ed25519'),
    answer: view.answer?.text,
  };
}
