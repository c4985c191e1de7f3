// Goal: docs/design/protocol.md says what the endpoint tables say: every call, who may make it, what it may be asked
// with, whether it may be repeated, and the largest bodies.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { KIB, MIB } from '@kura/base';
import { type Body, DEFAULT_JSON_BYTES, type Endpoint, type Who } from './endpoint.ts';
import { ACCOUNT_ENDPOINTS } from './endpoints/account.ts';
import { ADOPTION_ENDPOINTS } from './endpoints/adoption.ts';
import { AUDIT_ENDPOINTS } from './endpoints/audit.ts';
import { CLOSING_ENDPOINTS } from './endpoints/closings.ts';
import { CUSTODY_ENDPOINTS } from './endpoints/custody.ts';
import { EVENT_ENDPOINTS } from './endpoints/events.ts';
import { GATEWAY_ENDPOINTS } from './endpoints/gateway.ts';
import { HAZARD_ENDPOINTS } from './endpoints/hazards.ts';
import { HEARTBEAT_ENDPOINTS } from './endpoints/heartbeat.ts';
import { INCIDENT_ENDPOINTS } from './endpoints/incidents.ts';
import { LOCK_ENDPOINTS } from './endpoints/locks.ts';
import { LOG_ENDPOINTS, WITNESS_ENDPOINTS } from './endpoints/log.ts';
import { MOVE_ENDPOINTS } from './endpoints/moves.ts';
import { NETWORK_ENDPOINTS } from './endpoints/network.ts';
import { OPERATOR_ENDPOINTS } from './endpoints/operator.ts';
import { READER_ENDPOINTS } from './endpoints/reader.ts';
import { REMOVAL_ENDPOINTS } from './endpoints/removals.ts';
import { RETURN_ENDPOINTS } from './endpoints/returns.ts';
import { SERVICE_ENDPOINTS } from './endpoints/service.ts';
import { STORE_ENDPOINTS } from './endpoints/store.ts';
import { VALIDITY_ENDPOINTS } from './endpoints/validity.ts';

const PAGE = readFileSync(new URL('../../../docs/design/protocol.md', import.meta.url), 'utf8');

/** Heading of a table on the page → the endpoints that stand there. */
const TABLES: Readonly<Record<string, Readonly<Record<string, Endpoint>>>> = {
  Coordinator: {
    ...SERVICE_ENDPOINTS,
    ...ACCOUNT_ENDPOINTS,
    ...NETWORK_ENDPOINTS,
    ...CUSTODY_ENDPOINTS,
    ...EVENT_ENDPOINTS,
    ...LOCK_ENDPOINTS,
    ...REMOVAL_ENDPOINTS,
    ...ADOPTION_ENDPOINTS,
    ...RETURN_ENDPOINTS,
    ...HEARTBEAT_ENDPOINTS,
  },
  Operator: OPERATOR_ENDPOINTS,
  Log: { ...LOG_ENDPOINTS, ...WITNESS_ENDPOINTS },
  Moves: MOVE_ENDPOINTS,
  Audits: { ...AUDIT_ENDPOINTS, ...VALIDITY_ENDPOINTS },
  Closings: CLOSING_ENDPOINTS,
  Hazards: HAZARD_ENDPOINTS,
  Incidents: INCIDENT_ENDPOINTS,
  Gateway: GATEWAY_ENDPOINTS,
  Store: STORE_ENDPOINTS,
  Reader: READER_ENDPOINTS,
};

const WHO: Readonly<Record<Who, string>> = {
  nobody: '–',
  token: 'token',
  key: 'key',
  device: 'm',
  gateway: 'g',
  store: 's',
  operator: 'o',
  any: 'any',
};

function sizeOf(body: Body | Endpoint['answer']): string {
  if (body.kind === 'none' || body.kind === 'upgrade') return '';
  if (body.kind === 'json' && body.maxBytes === DEFAULT_JSON_BYTES) return '';
  const { maxBytes } = body;
  if (maxBytes % MIB === 0) return `${maxBytes / MIB} MiB`;
  return maxBytes % KIB === 0 ? `${maxBytes / KIB} KiB` : `${maxBytes} B`;
}

/** The first four cells of a row, as the page has to have them. */
function rowOf(endpoint: Endpoint): string {
  const { method, path, query, who, request, answer, isIdempotent } = endpoint;
  const fields = Object.keys(query);
  const call = fields.length === 0 ? path : `${path}?${fields.join('&')}`;
  const mark = isIdempotent && method !== 'GET' ? ' i' : '';
  return `| \`${method} ${call}\`${mark} | ${WHO[who]} | ${sizeOf(request)} | ${sizeOf(answer)} |`;
}

/** What stands under "**Heading**" up to the next empty line. */
function rowsUnder(heading: string): string[] {
  const section = PAGE.split(/^\*\*/m).find((part) => part.startsWith(`${heading}**`)) ?? '';
  const table = section.split(/\n\n/)[0] ?? '';
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => `${line.split('|').slice(0, 5).join('|')}|`);
}

describe('docs/design/protocol.md', () => {
  for (const [heading, table] of Object.entries(TABLES)) {
    it(`says of the ${heading} what its table says`, () => {
      const wanted = Object.values(table).map(rowOf);
      const found = rowsUnder(heading);
      const missing = wanted.filter((row) => !found.includes(row));
      const invented = found.filter((row) => !wanted.includes(row));
      assert.deepEqual({ missing, invented }, { missing: [], invented: [] });
      assert.equal(found.length, new Set(found).size, 'a row stands twice');
    });
  }
});
