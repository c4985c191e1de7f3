// What an operator sees of impostors: the calls of the last days, added up, and the incidents.
import type {
  ImpostorCallsView,
  ImpostorIncidentView,
} from '@kura/contract/wire/endpoints/operator.ts';
import type { Rows } from '../db/tables.ts';

/** The newest first. */
export async function viewImpostorCalls(
  rows: Rows,
  limit: number,
): Promise<readonly ImpostorCallsView[]> {
  const all = await rows
    .selectFrom('impostor_calls')
    .select(['address', 'store_id', 'reason'])
    .select((of) => [
      of.fn.sum<number | string>('calls').as('calls'),
      of.fn.min('first_ms').as('first'),
      of.fn.max('last_ms').as('last'),
    ])
    .groupBy(['address', 'store_id', 'reason'])
    .orderBy('last', 'desc')
    .orderBy('address')
    .limit(limit)
    .execute();
  return all.map(({ address, store_id: storeId, reason, calls, first, last }) => ({
    ...{ address, reason, calls: Number(calls), firstMs: Number(first), lastMs: Number(last) },
    storeId: storeId === '' ? undefined : storeId,
  }));
}

/** The newest first. */
export async function viewImpostorIncidents(
  rows: Rows,
  limit: number,
): Promise<readonly ImpostorIncidentView[]> {
  const all = await rows
    .selectFrom('impostor_incidents')
    .selectAll()
    .orderBy('opened_ms', 'desc')
    .orderBy('incident_id')
    .limit(limit)
    .execute();
  return all.map(({ incident_id: incidentId, kind, subject, opened_ms: openedMs, facts }) => {
    const { message, calls } = JSON.parse(facts) as { message: string; calls: number };
    return { incidentId, kind, subject, openedMs, message, calls };
  });
}
