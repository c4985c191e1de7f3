// `kura removals`, the part of who ends a membership: what the owner consents to, and notices that an operator gave.
import { DAY_MS } from '@kura/base';
import { MAX_NOTICE_DAYS, MIN_NOTICE_DAYS } from '@kura/contract';
import type {
  ClosingView,
  ConsentView,
  OwnClosings,
} from '@kura/contract/wire/endpoints/closings.ts';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { localTime, plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import type { Desk } from '../operator/desk.ts';
import { timeJson } from '../operator/values.ts';
import type { Json } from '../output/output.ts';
import type { Column } from '../output/table.ts';
import type { RemovalsDesk } from './port.ts';

const HELP = `
When a membership has ended, whoever runs the network keeps your copies until you remove
them, and the contract says what that costs. With your consent they may give notice instead,
and remove all of it when the notice is over; each store counts the days itself. Until the
first store is told you take it back (kura removals revoke), and the consent with it.

Examples:
  kura removals consent
  kura removals consent --notice 90
  kura removals consent --withdraw
`;

/** As far as every store knows the notice for its days: "2/3". */
function readyText({ stores }: ClosingView): string {
  return `${stores.filter(({ isReady }) => isReady).length}/${stores.length}`;
}

export function closingJson(closing: ClosingView): Record<string, Json> {
  return {
    message_type: 'closing',
    closing_id: closing.closingId,
    member_id: closing.memberId,
    state: closing.state,
    days: closing.days,
    given: timeJson(closing.givenMs),
    ends: timeJson(closing.endsMs),
    ended: timeJson(closing.endedMs),
    why: closing.why ?? null,
    stores: closing.stores.map(({ storeId, heldMs, isReady }) => ({
      store: storeId,
      held_days: Math.floor(heldMs / DAY_MS),
      ready: isReady,
    })),
  };
}

export function closingColumns(context: CommandContext): readonly Column<ClosingView>[] {
  return [
    { title: 'Closing', cell: ({ closingId }) => shortId(closingId) },
    { title: 'State', cell: ({ state }) => state },
    { title: 'Days', align: 'right', cell: ({ days }) => String(days) },
    { title: 'Given', cell: ({ givenMs }) => localTime(givenMs, context) },
    { title: 'Ends', cell: ({ endsMs }) => localTime(endsMs, context) },
    { title: 'Stores ready', align: 'right', cell: readyText },
  ];
}

export function consentJson({ days, signedMs }: ConsentView): Record<string, Json> {
  return { message_type: 'closing_consent', days, signed: timeJson(signedMs) };
}

/** After the other lists; nothing where there is nothing to say. */
export function showClosings(desk: Desk, { consent, closings }: OwnClosings): void {
  const { output } = desk.context;
  if (closings.length > 0) {
    output.line();
    const columns = closingColumns(desk.context);
    desk.list<ClosingView>({ rows: closings, json: closingJson, none: '', columns });
  }
  if (consent === undefined) return;
  output.line();
  output.line(`you have consented to a closing with ${plural(consent.days, 'day')} of notice`);
  output.record(consentJson(consent));
}

interface ConsentOptions {
  readonly notice: number;
  readonly withdraw?: true;
}

async function consent(
  desk: Desk,
  removals: RemovalsDesk,
  { notice, withdraw }: ConsentOptions,
): Promise<void> {
  const nowMs = desk.context.clock.nowMs();
  if (withdraw === true) {
    await removals.withdraw(nowMs);
    desk.done('the consent is taken back: what is stored stays', { consent: false });
    return;
  }
  await removals.consent(notice, nowMs);
  const text = `from now on all may be removed ${plural(notice, 'day')} after a notice`;
  desk.done(`${text}; take that back with: kura removals consent --withdraw`, {
    consent: true,
    days: notice,
  });
}

export function registerConsent(
  command: Command,
  desk: Desk,
  open: () => Promise<RemovalsDesk>,
): void {
  command
    .command('consent')
    .description('let the operator remove all of it, after a notice, when the membership has ended')
    .option(
      '--notice <days>',
      'the least notice',
      wholeNumber(MIN_NOTICE_DAYS, MAX_NOTICE_DAYS),
      MIN_NOTICE_DAYS,
    )
    .option('--withdraw', 'take the consent back, and with it a notice that was given')
    .addHelpText('after', HELP)
    .action(async (options: ConsentOptions) => consent(desk, await open(), options));
}
