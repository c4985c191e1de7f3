// The port of incidents over the wire. The coordinator knows whose questions these are.
import { INCIDENT_ENDPOINTS as INCIDENTS } from '@kura/contract/wire/endpoints/incidents.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { IncidentsPort } from './port.ts';

export function remoteIncidents(client: EndpointClient): IncidentsPort {
  return {
    incidents: async ({ limit, id }) =>
      (await client.call(INCIDENTS.incidents, { query: { limit, id } })).incidents,
    evidence: (incident) => client.call(INCIDENTS.incidentEvidence, { params: { incident } }),
    answer: async (incident, text) => {
      await client.call(INCIDENTS.answerIncident, { params: { incident }, body: { text } });
    },
  };
}
