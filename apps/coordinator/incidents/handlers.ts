// The endpoints of `contract/wire/endpoints/incidents.ts`: from a call to the function of its noun and back.
import { KuraError } from '@kura/base';
import type { INCIDENT_ENDPOINTS } from '@kura/contract/wire/endpoints/incidents.ts';
import { transact } from '@kura/database';
import type { Caller } from '@kura/wire/server/caller.ts';
import type { Handlers } from '@kura/wire/server/handler.ts';
import type { Network } from '../network.ts';
import { deviceOf } from '../serve/callers.ts';
import { answerIncident } from './answer.ts';
import { openHeadIncident } from './open-head-incident.ts';
import { type Sight, viewEvidence, viewIncidents } from './views.ts';

export function incidentHandlers({
  database,
  clock,
  random,
  charter,
}: Network): Handlers<typeof INCIDENT_ENDPOINTS> {
  return {
    incidents: async ({ caller, query }) => ({
      incidents: await database.read((rows) => viewIncidents(rows, sightOf(caller), query)),
    }),
    incidentEvidence: ({ caller, params: { incident } }) =>
      database.read((rows) => viewEvidence(rows, sightOf(caller), { incident, log: charter.log })),
    reportHistory: async ({ caller, body }) => {
      const memberId = deviceOf(caller).member;
      const at = { nowMs: clock.nowMs(), random };
      await transact(database, (rows) => openHeadIncident({ rows, memberId }, body, at));
      return undefined;
    },
    answerIncident: async ({ caller, params: { incident }, body: { text } }) => {
      const sight = sightOf(caller);
      if (sight.member !== undefined) {
        throw new KuraError('refused', 'an incident is answered by the store that it is about');
      }
      const answer = { incident, text, nowMs: clock.nowMs() };
      await transact(database, (rows) => answerIncident(rows, sight, answer));
      return undefined;
    },
  };
}

/** Throws `refused` for programs of the network: they have the tables. */
function sightOf(caller: Caller): Sight {
  if (caller.kind === 'certified') {
    const { name } = caller;
    if (name.role === 'operator') return {};
    if (name.role === 'device') return { member: name.member };
    if (name.role === 'store') return { store: name.store };
  }
  throw new KuraError('refused', 'incidents are shown to members, stores and operators');
}
