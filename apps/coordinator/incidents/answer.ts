// What the operator of an accused store says to it, once: kept beside the evidence, and no part of the verdict.
import { KuraError } from '@kura/base';
import type { Rows } from '../db/tables.ts';
import type { IncidentId } from './incident-id.ts';
import { type Sight, viewIncidents } from './views.ts';

/** The same words again change nothing. Throws `not_found`, or `already_exists` for other words. */
export async function answerIncident(
  rows: Rows,
  sight: Sight,
  {
    incident,
    text,
    nowMs,
  }: { readonly incident: string; readonly text: string; readonly nowMs: number },
): Promise<void> {
  const [view] = await viewIncidents(rows, sight, { limit: 1, id: incident });
  if (view === undefined) throw new KuraError('not_found', `there is no incident ${incident}`);
  if (view.answer?.text === text) return;
  if (view.answer !== undefined) {
    throw new KuraError(
      'already_exists',
      'this incident was answered, and an answer stays as it is',
    );
  }
  const id = view.incidentId as IncidentId;
  await rows
    .insertInto('incident_answers')
    .values({ incident_id: id, said_ms: nowMs, text })
    .execute();
}
