// The one way from something that was seen to a verdict: an observation opens an incident, or joins the one that is
// open for its copy. No row of custody changes here; the lease `incidents` asks the store and judges.
import type { MemberRows } from '../db/tables.ts';
import { type IncidentId, nameIncident } from './incident-id.ts';
import { MAX_LEAVES_NOTED, type Observation } from './observation.ts';

/** Of one incident: what comes later says the same again, and the evidence stays bounded. */
export const MAX_OBSERVATIONS = 16;

/** In the transaction of whoever saw it. The copy must be known: its store and pack are rows of this member. */
export async function openIncident(of: MemberRows, seen: Observation): Promise<IncidentId> {
  const id = (await findOpen(of, seen)) ?? (await insertIncident(of, seen));
  await addObservation(of, id, seen);
  return id;
}

async function findOpen(
  { rows, memberId }: MemberRows,
  { storeId, copyId }: Observation,
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

async function insertIncident(
  { rows, memberId }: MemberRows,
  { storeId, packId, copyId, timeMs }: Observation,
): Promise<IncidentId> {
  const { before } = await rows
    .selectFrom('incidents')
    .select((all) => all.fn.countAll<number>().as('before'))
    .where('member_id', '=', memberId)
    .where('copy_id', '=', copyId)
    .executeTakeFirstOrThrow();
  const id = nameIncident([memberId, storeId, copyId, timeMs, Number(before)]);
  await rows
    .insertInto('incidents')
    .values({
      ...{ incident_id: id, member_id: memberId, kind: 'copy', store_id: storeId },
      ...{ pack_id: packId, copy_id: copyId, state: 'open', opened_ms: timeMs, tries: 0 },
      ...{ next_ms: timeMs, verdict: null, reason: '', judged_ms: null, evidence_hash: null },
      told_ms: null,
    })
    .execute();
  return id;
}

async function addObservation(
  { rows }: MemberRows,
  id: IncidentId,
  seen: Observation,
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
      time_ms: seen.timeMs,
    })
    .execute();
}
