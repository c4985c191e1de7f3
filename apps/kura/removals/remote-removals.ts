// The port of removals over the wire.
import { CLOSING_ENDPOINTS as CLOSINGS } from '@kura/contract/wire/endpoints/closings.ts';
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
    closings: (limit) => client.call(CLOSINGS.ownClosings, { query: { limit } }),
    consent: async (consent) => {
      await client.call(CLOSINGS.consentToClosing, { body: { consent } });
    },
    withdraw: async (withdrawal) => {
      await client.call(CLOSINGS.withdrawConsent, { body: { withdrawal } });
    },
    endTerm: async (term) => {
      await client.call(REMOVALS.endTerm, { params: { term } });
    },
  };
}
