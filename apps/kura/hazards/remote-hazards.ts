// The port of hazards over the wire: each question is one endpoint. The coordinator knows whose questions these are.
import { utf8 } from '@kura/base';
import { HAZARD_ENDPOINTS as HAZARDS } from '@kura/contract/wire/endpoints/hazards.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { HazardsPort } from './port.ts';

export function remoteHazards(client: EndpointClient): HazardsPort {
  return {
    events: (query) => client.call(HAZARDS.listHazards, { query }),
    event: (id) => client.call(HAZARDS.describeHazard, { query: { id: utf8(id) } }),
    tables: async ({ level, member, atMs }) => {
      const query = { level, member, atMs };
      return (await client.call(HAZARDS.riskTables, { query })).tables;
    },
    feeds: async () => (await client.call(HAZARDS.hazardFeeds, {})).feeds,
    predictions: () => client.call(HAZARDS.predictions, {}),
    moves: async ({ which, limit, id }) => {
      const query = { which, limit, id };
      return (await client.call(HAZARDS.listMoves, { query })).moves;
    },
    whatIf: (scenario) => client.call(HAZARDS.whatIf, { body: { scenario } }),
  };
}
