// `kura inbox`: what the network tells its member: what was stored, what failed, what moved, and what it found.
import { KuraError } from '@kura/base';
import { type Command, Option } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { localTime, plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { tableLines } from '../output/table.ts';
import type { MessageView } from './port.ts';
import { registerWebhook } from './webhook.ts';

const HELP = `
Examples:
  kura inbox
  kura inbox list --all --json
  kura inbox show 12
  kura inbox read
  kura inbox webhook set https://hook.example.org/kura
`;

const MAX_NUMBER = 999_999_999;

function factsText({ facts }: MessageView): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function messageJson({ number, kind, madeMs, readMs, facts }: MessageView) {
  return {
    number,
    kind,
    made: new Date(madeMs).toISOString(),
    read: readMs === undefined ? null : new Date(readMs).toISOString(),
    facts,
  };
}

async function collect(
  context: CommandContext,
  isWanted: (message: MessageView) => boolean,
): Promise<readonly MessageView[]> {
  const port = await (await context.services()).membership();
  const found: MessageView[] = [];
  for await (const message of port.inbox(0)) if (isWanted(message)) found.push(message);
  return found;
}

async function list({ all }: { readonly all?: true }, context: CommandContext): Promise<void> {
  const { output } = context;
  const messages = await collect(context, ({ readMs }) => all === true || readMs === undefined);
  for (const message of messages) output.record(messageJson(message));
  if (messages.length === 0) {
    output.line(all === true ? 'no message yet' : 'nothing new; with --all, what was read');
    return;
  }
  output.lines(
    tableLines(
      [
        { title: 'Number', align: 'right', cell: ({ number }) => String(number) },
        { title: 'When', cell: ({ madeMs }) => localTime(madeMs, context) },
        { title: 'What', cell: ({ kind }) => kind },
        { title: '', cell: factsText },
      ],
      messages,
    ),
  );
}

async function show(number: number, context: CommandContext): Promise<void> {
  const { output } = context;
  const [message] = await collect(context, (one) => one.number === number);
  if (message === undefined) {
    throw new KuraError('not_found', `there is no message ${number}`, {
      guidance: 'See `kura inbox list --all`.',
    });
  }
  output.line(`${message.number}  ${localTime(message.madeMs, context)}  ${message.kind}`);
  for (const [name, value] of Object.entries(message.facts)) output.line(`  ${name}: ${value}`);
  output.record(messageJson(message));
}

async function read(upTo: number | undefined, context: CommandContext): Promise<void> {
  const { output, services } = context;
  const isMeant = ({ number, readMs }: MessageView): boolean =>
    readMs === undefined && number <= (upTo ?? MAX_NUMBER);
  const unread = await collect(context, isMeant);
  const last = unread.at(-1)?.number;
  if (last !== undefined) await (await (await services()).membership()).noteRead(last);
  output.line(`${plural(unread.length, 'message')} marked as read`);
  output.record({ message_type: 'read', messages: unread.length });
}

export function register(command: Command, context: CommandContext): void {
  command.description('Shows what the network tells its member.').addHelpText('after', HELP);
  const number = wholeNumber(1, MAX_NUMBER);
  command
    .command('list', { isDefault: true })
    .description('list messages that were not read, the oldest first')
    .addOption(new Option('--all', 'also those that were read'))
    .action((options: { readonly all?: true }) => list(options, context));
  command
    .command('show')
    .description('show one message in full')
    .argument('<number>', 'of the message', number)
    .action((shown: number) => show(shown, context));
  command
    .command('read')
    .description('mark messages as read')
    .argument('[number]', 'up to this one (default: all)', number)
    .action((upTo: number | undefined) => read(upTo, context));
  registerWebhook(command, context);
}
