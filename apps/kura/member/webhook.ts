// `kura inbox webhook`: an address of the member's own that hears what the inbox gets (docs/design/webhook.md).
import type { Command } from 'commander';
import { localTime, plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import type { MembershipPort, WebhookView } from './port.ts';

const HELP = `
Each message of your inbox is sent to your address as well, as JSON with a signature. The
first one says that it was set; "kura inbox webhook" shows whether it was taken. The
secret is shown once: keep it where your program makes the signatures again.

Examples:
  kura inbox webhook
  kura inbox webhook set https://hook.example.org/kura
  kura inbox webhook off
`;

const portOf = async ({ services }: CommandContext): Promise<MembershipPort> =>
  (await services()).membership();

const timeOf = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString();

function stateText(
  { url, isOn, waiting, failingMs }: WebhookView,
  context: CommandContext,
): string {
  if (url === undefined) return 'there is none: kura inbox webhook set URL';
  const since = failingMs === undefined ? '' : ` since ${localTime(failingMs, context)}`;
  if (!isOn) return `${url} is off: it took nothing${since}; set it again when it works`;
  const waits = waiting === 0 ? 'nothing waits' : `${plural(waiting, 'message')} waiting`;
  return failingMs === undefined ? `${url}: ${waits}` : `${url} takes nothing${since}: ${waits}`;
}

async function show(context: CommandContext): Promise<void> {
  const hook = await (await portOf(context)).webhook();
  const { url, isOn, setMs, waiting, failingMs, why } = hook;
  context.output.line(stateText(hook, context));
  if (why !== undefined) context.output.line(`  ${why}`);
  context.output.record({
    ...{ url: url ?? null, on: isOn, set: timeOf(setMs), waiting },
    ...{ failing: timeOf(failingMs), why: why ?? null },
  });
}

async function set(url: string, context: CommandContext): Promise<void> {
  const { output } = context;
  const secret = await (await portOf(context)).setWebhook(url);
  output.line(`your messages go to ${url} as well, from now on`);
  output.line(`secret of its signatures, shown this once: ${secret}`);
  output.record({ message_type: 'set', url, secret });
}

async function off(context: CommandContext): Promise<void> {
  await (await portOf(context)).clearWebhook();
  context.output.line('your messages go to no webhook any more');
  context.output.record({ message_type: 'off' });
}

export function registerWebhook(inbox: Command, context: CommandContext): void {
  const command = inbox
    .command('webhook')
    .description('an address of your own that hears of each message')
    .addHelpText('after', HELP);
  command
    .command('show', { isDefault: true })
    .description('show where messages go, and whether they are taken')
    .action(() => show(context));
  command
    .command('set')
    .description('send messages there from now on, under a new secret')
    .argument('<url>', 'https://HOST/PATH')
    .action((url: string) => set(url, context));
  command
    .command('off')
    .description('send none there any more')
    .action(() => off(context));
}
