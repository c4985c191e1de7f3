// The port of audits over the wire. What only an operator may do is refused to a member by the coordinator; here
// it is said in words.
import { KuraError } from '@kura/base';
import { AUDIT_ENDPOINTS as AUDITS } from '@kura/contract/wire/endpoints/audit.ts';
import { VALIDITY_ENDPOINTS as VALIDITY } from '@kura/contract/wire/endpoints/validity.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { AuditPort } from './port.ts';

export function operatorAudits(client: EndpointClient): AuditPort {
  return {
    status: () => client.call(AUDITS.auditStatus, {}),
    findings: async (limit) =>
      (await client.call(AUDITS.auditFindings, { query: { limit } })).findings,
    seeds: async (limit) => (await client.call(AUDITS.auditSeeds, { query: { limit } })).seeds,
    validity: async (limit) =>
      (await client.call(VALIDITY.validityAudits, { query: { limit } })).audits,
    statement: (number) =>
      client.call(VALIDITY.validityStatement, { params: { statement: number } }),
    object: async (number, text) => {
      const params = { statement: number };
      await client.call(VALIDITY.objectToStatement, { params, body: { text } });
    },
    hasten: async () => {
      await client.call(AUDITS.hastenAudits, {});
    },
    bound: async (store, bytesPerDay) => {
      await client.call(AUDITS.boundAudits, { params: { store }, body: { bytesPerDay } });
    },
  };
}

export function memberAudits(client: EndpointClient): AuditPort {
  const refuse = (): never => {
    throw new KuraError('unsupported', 'whoever runs the network decides about its audits', {
      guidance: 'Look for yourself: kura check --read-data-subset 5%',
    });
  };
  return { ...operatorAudits(client), hasten: refuse, bound: refuse };
}
