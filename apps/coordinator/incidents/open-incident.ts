// The one way from something that was seen to a verdict: an observation opens an incident, or joins the one that is
// open for its copy. No row of custody changes here; the lease `incidents` asks the store and judges.
import { MAX_LEAVES_NOTED, MAX_OBSERVATIONS } from '@kura/contract/evidence/index.ts';
import type { IncidentsTable } from '../db/incident-tables.ts';
import type { MemberRows } from '../db/tables.ts';
import { type IncidentId, nameIncident } from './incident-id.ts';
import type { Observation } from './observation.ts';

/** In the transaction of whoever saw it. The copy must be known: its store and pack are rows of this member. */
export async function openIncident(of: MemberRows, seen: Observation): Promise<IncidentId> {
  const id = (await findOpen(of, seen)) ?? (await insertCopyIncident(of, seen));
  await addObservation(of, id, seen);
  return id;
}

/** The incident that is open for this copy. */
export async function findOpen(
  { rows, memberId }: MemberRows,
  { storeId, copyId }: Pick<Observation, 'storeId' | 'copyId'>,
): Promise<IncidentId | undefined> {
  const row = await rows
    .selectFrom('incidents')
    .select('incident_id')
    .where('member_id', '=', memberId)
    .where('store_id', '=', storeId)
    .where('copy_id', '=', copyId)
    .where('state', '=', 'open')
    .executeTakeFirst();
  return row?.incident_id;
}

type NewIncident = Pick<
  IncidentsTable,
  'incident_id' | 'kind' | 'store_id' | 'pack_id' | 'copy_id' | 'opened_ms'
>;

/** Open, and due at once. */
export async function insertIncident(
  { rows, memberId }: MemberRows,
  incident: NewIncident,
): Promise<void> {
  await rows
    .insertInto('incidents')
    .values({
      ...{ ...incident, member_id: memberId, state: 'open', next_ms: incident.opened_ms },
      ...{ tries: 0, reread_ms: 0, verdict: null, reason: '', judged_ms: null },
      ...{ evidence_hash: null, told_ms: null },
    })
    .execute();
}

async function insertCopyIncident(
  of: MemberRows,
  { storeId, packId, copyId, timeMs }: Observation,
): Promise<IncidentId> {
  const { before } = await of.rows
    .selectFrom('incidents')
    .select((all) => all.fn.countAll<number>().as('before'))
    .where('member_id', '=', of.memberId)
    .where('copy_id', '=', copyId)
    .executeTakeFirstOrThrow();
  const id = nameIncident([of.memberId, storeId, copyId, timeMs, Number(before)]);
  const about = { store_id: storeId, pack_id: packId, copy_id: copyId };
  await insertIncident(of, { incident_id: id, kind: 'copy', ...about, opened_ms: timeMs });
  return id;
}

/** What comes after so many says the same again, and evidence stays bounded. */
export async function addObservation(
  { rows }: MemberRows,
  id: IncidentId,
  seen: Omit<Observation, 'storeId' | 'packId' | 'copyId'>,
): Promise<void> {
  const { last } = await rows
    .selectFrom('incident_observations')
    .select((all) => all.fn.max('number').as('last'))
    .where('incident_id', '=', id)
    .executeTakeFirstOrThrow();
  const number = (last ?? 0) + 1;
  if (number > MAX_OBSERVATIONS) return;
  await rows
    .insertInto('incident_observations')
    .values({
      ...{ incident_id: id, number, class: seen.class, source: seen.source },
      leaves: JSON.stringify(seen.leaves.slice(0, MAX_LEAVES_NOTED)),
      challenge: seen.challenge ?? null,
      answer: seen.answer ?? null,
      tag_hash: seen.tagHash ?? null,
      time_ms: seen.timeMs,
    })
    .execute();
}
