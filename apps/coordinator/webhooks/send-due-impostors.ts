// Incidents of impostors to the operator's webhook: under its lease, in its form, as often as what members are told.
import type { KuraError } from '@kura/base';
import { canonicalJson, type JsonValue } from '@kura/log';
import type { ImpostorIncidentsTable } from '../db/incident-tables.ts';
import type { Rows } from '../db/tables.ts';
import { afterTry, type Outbox, sendInTurn } from '../mail/outbox.ts';
import { type Hook, MAX_CALLS, tryCall } from './call-out.ts';

/** Resolves to how many were taken. */
export async function sendDueImpostors(box: Outbox, hook: Hook): Promise<number> {
  const { nowMs } = hook;
  const due = await box.rows
    .selectFrom('impostor_incidents')
    .selectAll()
    .where('next_ms', '<=', nowMs())
    .orderBy('opened_ms')
    .limit(MAX_CALLS)
    .execute();
  return await sendInTurn(box, {
    ...{ due, nowMs },
    send: (one) => send(one, hook),
    note: (rows, one, why) => note(rows, one, { why, nowMs: nowMs() }),
  });
}

function send(one: ImpostorIncidentsTable, hook: Hook): Promise<KuraError | undefined> {
  const { incident_id: incidentId, opened_ms: madeMs } = one;
  const { networkId } = hook;
  const message: JsonValue = {
    ...{ kind: 'kura/1 impostor message', networkId, incidentId, madeMs },
    facts: JSON.parse(one.facts) as JsonValue,
  };
  const delivery = `${incidentId}@${networkId}`;
  return tryCall(hook, { delivery, body: canonicalJson(message) });
}

async function note(
  rows: Rows,
  { incident_id: id, tries }: ImpostorIncidentsTable,
  outcome: { readonly why: KuraError | undefined; readonly nowMs: number },
): Promise<void> {
  await rows
    .updateTable('impostor_incidents')
    .set(afterTry(tries, outcome))
    .where('incident_id', '=', id)
    .execute();
}
