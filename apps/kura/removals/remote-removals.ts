// The port of removals over the wire.
import { REMOVAL_ENDPOINTS as REMOVALS } from '@kura/contract/wire/endpoints/removals.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { RemovalsPort } from './port.ts';

export function remoteRemovals(client: EndpointClient): RemovalsPort {
  return {
    list: (limit) => client.call(REMOVALS.removals, { query: { limit } }),
    revoke: async (removal) => {
      await client.call(REMOVALS.revokeRemoval, { params: { removal } });
    },
    makeWayBack: (snapshot) => client.call(REMOVALS.recallSnapshot, { params: { snapshot } }),
    setTerm: async (order) => {
      await client.call(REMOVALS.setTerm, { body: { order } });
    },
    endTerm: async (term) => {
      await client.call(REMOVALS.endTerm, { params: { term } });
    },
  };
}
