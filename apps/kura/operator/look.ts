// `kura operator certificates`, `journal` and `leases`: who is let in, what ran, and who does the work behind.
import { formatDuration } from '@kura/base';
import {
  type CertificateView,
  MAX_OPERATOR_PAGE,
  OPERATOR_ENDPOINTS,
} from '@kura/contract/wire/endpoints/operator.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { localTime } from '../commands/show.ts';
import { allPages, type Desk } from './desk.ts';
import { dayText, serialOf, timeJson } from './values.ts';

async function listCertificates(desk: Desk): Promise<void> {
  const rows = await desk.ask((client) =>
    allPages(
      async (after: string | undefined) => {
        const query = { limit: MAX_OPERATOR_PAGE, after };
        return (await client.call(OPERATOR_ENDPOINTS.certificates, { query })).certificates;
      },
      (row) => row.serial,
      MAX_OPERATOR_PAGE,
    ),
  );
  desk.list<CertificateView>({
    rows,
    json: (row) => ({
      serial: row.serial,
      role: row.role,
      subject: row.subject,
      issued: timeJson(row.issuedMs),
      ends: timeJson(row.notAfterMs),
      revoked: timeJson(row.revokedMs),
      why: row.why ?? null,
    }),
    none: 'no certificate was issued yet',
    columns: [
      { title: 'Serial', cell: (row) => row.serial },
      { title: 'Whose', cell: (row) => row.subject.split('/').slice(3).join('/') },
      { title: 'Issued', cell: (row) => dayText(row.issuedMs) },
      { title: 'Ends', cell: (row) => dayText(row.notAfterMs) },
      { title: 'Withdrawn', cell: (row) => dayText(row.revokedMs) },
      { title: 'Why', cell: (row) => row.why ?? '' },
    ],
  });
}

export function registerCertificates(command: Command, desk: Desk): void {
  const certificates = command.command('certificates').description('who is let in');
  certificates
    .command('list')
    .description('show all certificates')
    .action(() => listCertificates(desk));
  certificates
    .command('revoke')
    .description('withdraw all that its holder has: within a minute it opens nothing any more')
    .argument('<serial>', '32 hexadecimal characters', serialOf)
    .requiredOption('--why <text>', 'what is noted about it')
    .option('--only', 'not what it was renewed into; whoever stole its key may have done that')
    .action(
      async (serial: string, { why, only }: { readonly why: string; readonly only?: true }) => {
        const isWholeHolder = only !== true;
        const call = { params: { serial }, body: { why, isWholeHolder } };
        await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.revokeCertificate, call));
        const what = isWholeHolder ? `${serial} and all others of its holder are` : `${serial} is`;
        desk.done(`certificate ${what} withdrawn`, { serial });
      },
    );
}

async function listSessions(desk: Desk, limit: number): Promise<void> {
  const query = { limit };
  const answer = await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.sessions, { query }));
  desk.list({
    rows: answer.sessions,
    json: ({ memberId, kind, beganMs, endedMs, outcome }) => ({
      member_id: memberId,
      kind,
      began: timeJson(beganMs),
      ended: timeJson(endedMs),
      outcome,
    }),
    none: 'nothing has run yet',
    columns: [
      { title: 'Began', cell: ({ beganMs }) => localTime(beganMs, desk.context) },
      {
        title: 'Took',
        align: 'right',
        cell: ({ beganMs, endedMs }) =>
          endedMs === undefined ? '' : formatDuration(endedMs - beganMs),
      },
      { title: 'Member', cell: (row) => row.memberId },
      { title: 'What', cell: (row) => row.kind },
      { title: 'How it went', cell: (row) => row.outcome },
    ],
  });
}

async function listLeases(desk: Desk): Promise<void> {
  const { leases } = await desk.ask((client) => client.call(OPERATOR_ENDPOINTS.leases, {}));
  desk.list({
    rows: leases,
    json: ({ name, holder, epoch, untilMs }) => ({ name, holder, epoch, until: timeJson(untilMs) }),
    none: 'nobody holds a lease',
    columns: [
      { title: 'Work', cell: (row) => row.name },
      { title: 'Who', cell: (row) => row.holder },
      { title: 'Epoch', align: 'right', cell: (row) => String(row.epoch) },
      { title: 'Until', cell: (row) => localTime(row.untilMs, desk.context) },
    ],
  });
}

export function registerLook(command: Command, desk: Desk): void {
  command
    .command('journal')
    .description('what members ran, the newest first; not what it was about')
    .option('--latest <n>', 'how many', wholeNumber(1, MAX_OPERATOR_PAGE), 20)
    .action(({ latest }: { readonly latest: number }) => listSessions(desk, latest));
  command
    .command('leases')
    .description('which program does which work in the background')
    .action(() => listLeases(desk));
}
