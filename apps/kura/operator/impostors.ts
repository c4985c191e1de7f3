// `kura operator impostors`: who calls with a certificate that does not open the door, and when that became too much.
import {
  type ImpostorCallsView,
  type ImpostorIncidentView,
  MAX_OPERATOR_PAGE,
  OPERATOR_ENDPOINTS,
} from '@kura/contract/wire/endpoints/operator.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { localTime } from '../commands/show.ts';
import type { Desk } from './desk.ts';
import { timeJson } from './values.ts';

const HELP = `
Whoever shows a certificate of nobody's, of another network, or one that has ended or was
withdrawn, is turned away and counted: by address, and by the store that the certificate
names. Anybody can write a name, so no store is blamed for it. From a set count on
(impostors_after in the file of the program) it is an incident.

Examples:
  kura operator impostors
  kura operator impostors incidents --json
`;

async function list(desk: Desk, limit: number): Promise<void> {
  const { calls } = await desk.ask((client) =>
    client.call(OPERATOR_ENDPOINTS.impostors, { query: { limit } }),
  );
  desk.list<ImpostorCallsView>({
    rows: calls,
    json: (row) => ({
      ...{ address: row.address, store_id: row.storeId ?? null, reason: row.reason },
      ...{ calls: row.calls, first: timeJson(row.firstMs), last: timeJson(row.lastMs) },
    }),
    none: 'nobody was turned away in 30 days',
    columns: [
      { title: 'Address', cell: (row) => row.address },
      { title: 'Certificate', cell: (row) => row.reason },
      { title: 'Names', cell: (row) => row.storeId ?? '' },
      { title: 'Calls', align: 'right', cell: (row) => String(row.calls) },
      { title: 'First', cell: (row) => localTime(row.firstMs, desk.context) },
      { title: 'Last', cell: (row) => localTime(row.lastMs, desk.context) },
    ],
  });
}

async function incidents(desk: Desk, limit: number): Promise<void> {
  const answer = await desk.ask((client) =>
    client.call(OPERATOR_ENDPOINTS.impostors, { query: { limit } }),
  );
  desk.list<ImpostorIncidentView>({
    rows: answer.incidents,
    json: (row) => ({
      ...{ incident_id: row.incidentId, kind: row.kind, subject: row.subject },
      ...{ opened: timeJson(row.openedMs), calls: row.calls, message: row.message },
    }),
    none: 'no incident of impostors yet',
    columns: [
      { title: 'Incident', cell: (row) => row.incidentId.slice(0, 8) },
      { title: 'When', cell: (row) => localTime(row.openedMs, desk.context) },
      { title: '', cell: (row) => row.message },
    ],
  });
}

export function registerImpostors(operator: Command, desk: Desk): void {
  const command = operator
    .command('impostors')
    .description('who calls with a certificate that does not open the door')
    .addHelpText('after', HELP);
  const latest = ['--latest <n>', 'how many', wholeNumber(1, MAX_OPERATOR_PAGE), 100] as const;
  type Options = { readonly latest: number };
  command
    .command('list', { isDefault: true })
    .description('calls of 30 days, the newest first')
    .option(...latest)
    .action((options: Options) => list(desk, options.latest));
  command
    .command('incidents')
    .description('when one of them called too often')
    .option(...latest)
    .action((options: Options) => incidents(desk, options.latest));
}
