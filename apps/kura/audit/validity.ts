// `kura audit validity`: what the network says each month of all that a member has in custody, and objections to it.
import { hash } from 'node:crypto';
import { isoTime, KuraError } from '@kura/base';
import {
  MAX_OBJECTION,
  MAX_VALIDITY_SHOWN,
  type ValidityView,
} from '@kura/contract/wire/endpoints/validity.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { localTime, plural } from '../commands/show.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import type { AuditDesk } from './desk.ts';

const HELP = `
On its closing day a network audits all that each member has, makes anew elsewhere what fails,
and states how it stands, where everything lies, under which cipher and key, and what incidents
there were. Who disagrees objects while the statement is open, and all is audited again; else
its hash becomes an event of the log (kura receipts). Not in a network of your own folders.

Examples:
  kura audit validity
  kura audit validity show 3
  kura audit validity object 3 "My copies in Osaka cannot be there: ..."
`;

function jsonOf(audit: ValidityView): Json {
  const { number, attempt, state, result, waiting, event } = audit;
  return {
    ...{ statement: number, member_id: audit.memberId, attempt, state, result: result ?? null },
    ...{ from: timeJson(audit.fromMs), until: timeJson(audit.untilMs) },
    ...{ began: timeJson(audit.beganMs), waiting, event: event ?? null },
    object_until: timeJson(audit.objectUntilMs),
    objections: audit.objections.map(({ madeMs, text }) => ({ made: timeJson(madeMs), text })),
  };
}

async function list(desk: AuditDesk, limit: number): Promise<void> {
  const rows = await desk.answer((port) => port.validity(limit));
  const dayOf = (ms: number): string => isoTime(ms).slice(0, 10);
  const isOperator = desk.kind === 'operator';
  desk.list<ValidityView>({
    rows,
    json: jsonOf,
    none: 'no closing day has come yet, or this network has none',
    columns: [
      ...(isOperator ? [{ title: 'Member', cell: (row: ValidityView) => row.memberId }] : []),
      { title: 'Statement', align: 'right', cell: (row) => String(row.number) },
      { title: 'From', cell: (row) => dayOf(row.fromMs) },
      { title: 'Until', cell: (row) => dayOf(row.untilMs) },
      { title: 'State', cell: (row) => row.state },
      { title: 'Result', cell: (row) => row.result ?? '' },
      { title: '', cell: (row) => nextText(row, desk) },
    ],
  });
}

function nextText({ state, waiting, objectUntilMs, event }: ValidityView, desk: AuditDesk): string {
  if (state === 'closed') return `event ${event} of your chain`;
  if (objectUntilMs !== undefined) return `object until ${localTime(objectUntilMs, desk.context)}`;
  return `${plural(waiting, 'copy', 'copies')} to be looked at`;
}

/** Throws `corrupt` if the text is not the one of the hash that is told with it. */
async function show(desk: AuditDesk, number: number): Promise<void> {
  const { statement, hash: told, event } = await desk.answer((port) => port.statement(number));
  const made = hash('sha256', statement);
  if (made !== told) {
    throw new KuraError('corrupt', `statement ${number} is not the one that its hash names`, {
      guidance: 'Ask again; if it stays so, tell whoever runs the network.',
    });
  }
  const { output } = desk.context;
  const said = JSON.parse(statement) as Readonly<Record<string, Json>>;
  output.lines(JSON.stringify(said, null, 2).split('\n'));
  const closed = event === undefined ? 'open' : `closed by event ${event}: kura receipts`;
  output.line(`SHA-256 ${made}, ${closed}`);
  output.record({ statement, hash: made, event: event ?? null });
}

async function object(desk: AuditDesk, number: number, text: string): Promise<void> {
  if (text.trim() === '' || text.length > MAX_OBJECTION) {
    throw new KuraError('usage', `an objection has up to ${MAX_OBJECTION} characters`, {
      guidance: 'Say in a few sentences what is not so.',
    });
  }
  await desk.answer((port) => port.object(number, text));
  desk.done(`all is audited again; another statement ${number} follows`, { statement: number });
}

export function registerValidity(audit: Command, desk: AuditDesk): void {
  const command = audit
    .command('validity')
    .description('statements of all that you have in custody, and objections to them')
    .addHelpText('after', HELP);
  const number = wholeNumber(1, 1_000_000);
  command
    .command('list', { isDefault: true })
    .description('how each stands, the newest first')
    .option('--latest <n>', 'how many', wholeNumber(1, MAX_VALIDITY_SHOWN), 24)
    .action(({ latest }: { readonly latest: number }) => list(desk, latest));
  command
    .command('show')
    .description('print one, and check it against its hash')
    .argument('<number>', 'of the statement', number)
    .action((shown: number) => show(desk, shown));
  command
    .command('object')
    .description('say what is not so: all is audited again')
    .argument('<number>', 'of the statement', number)
    .argument('<text>', 'what is not so')
    .action((objected: number, text: string) => object(desk, objected, text));
}
