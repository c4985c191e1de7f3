// `kura operator closings`: notice to a member whose membership has ended and whose owner has consented to it.
import { type MemberId, memberId } from '@kura/base';
import { MAX_NOTICE_DAYS, MIN_NOTICE_DAYS } from '@kura/contract';
import {
  CLOSING_ENDPOINTS as CLOSINGS,
  type ClosingView,
  MAX_CLOSINGS_SHOWN,
} from '@kura/contract/wire/endpoints/closings.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { closingColumns, closingJson } from '../removals/closings.ts';
import type { Desk } from './desk.ts';
import { dayText } from './values.ts';

const HELP = `
A store removes nothing for an operator alone: it takes the consent that the member's owner
has signed, and the notice, which each store counts by its own clock. A member without consent
keeps the copies until they remove them. A fee that is paid beyond now stops it by itself.

Examples:
  kura operator members close 5f0c…
  kura operator closings give 5f0c… --days 60
  kura operator closings list --json
  kura operator closings revoke 5f0c…
`;

async function give(desk: Desk, member: MemberId, days: number | undefined): Promise<void> {
  const call = { params: { member }, body: { days } };
  const closing = await desk.ask((client) => client.call(CLOSINGS.giveNotice, call));
  desk.context.output.record(closingJson(closing));
  desk.context.output.line(
    `member ${member} has notice until ${dayText(closing.endsMs)}; the member is told`,
  );
}

async function list(desk: Desk): Promise<void> {
  const query = { limit: MAX_CLOSINGS_SHOWN };
  const { closings } = await desk.ask((client) => client.call(CLOSINGS.closings, { query }));
  desk.list<ClosingView>({
    rows: closings,
    json: closingJson,
    none: 'nobody was given notice',
    columns: [
      { title: 'Member', cell: (row) => row.memberId },
      ...closingColumns(desk.context),
      { title: 'Why', cell: ({ why }) => why ?? '' },
    ],
  });
}

export function registerClosings(command: Command, desk: Desk): void {
  const closings = command
    .command('closings')
    .description('notice to members whose membership has ended, and what came of it')
    .addHelpText('after', HELP);
  closings
    .command('give')
    .description('give notice: when it is over, all of the member is removed')
    .argument('<member>', 'id', memberId)
    .option(
      '--days <days>',
      'of notice (default: as many as the owner has consented to)',
      wholeNumber(MIN_NOTICE_DAYS, MAX_NOTICE_DAYS),
    )
    .action((member: MemberId, { days }: { readonly days?: number }) => give(desk, member, days));
  closings
    .command('list')
    .description('notices, how far they are, and why they ended')
    .action(() => list(desk));
  closings
    .command('revoke')
    .description('take a notice back, as long as no store was told to remove')
    .argument('<member>', 'id', memberId)
    .action(async (member: MemberId) => {
      const call = { params: { member } };
      await desk.ask((client) => client.call(CLOSINGS.stopClosing, call));
      desk.done(`the notice to member ${member} is taken back`, { member_id: member });
    });
}
