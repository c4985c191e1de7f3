// `kura witnesses`: who has seen that the log shows everybody the same, and whom this home believes about it.
import { formatVerifierKey, type WitnessPolicy } from '@kura/log';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import type { Json } from '../output/output.ts';
import type { WitnessesLook } from './port.ts';
import { showLog } from './show-log.ts';

const MAX_WITNESSES = 16;

const HELP = `
A witness is a program of somebody who would not lie for whoever runs the network: it
cosigns the head of the log, and refuses a log that shows others something else. Receipts
are judged by the witnesses that are pinned here, never by those that come with them.

For folders of your own you name them yourself, and give each the key of your log, which
"list" shows. In a network of others they are pinned when you join; if the network names
others later, nothing changes until you say: kura witnesses accept

Examples:
  kura witnesses list
  kura witnesses add example.net --key 'witness.example.net+…' --url https://witness.example.net
  kura witnesses accept
`;

function policyJson({ witnesses, groups }: WitnessPolicy): Json {
  return {
    quorum: groups[0]?.threshold ?? 0,
    witnesses: witnesses.map(({ name, key, url = null }) => ({
      ...{ witness: name, key: formatVerifierKey(key, 'cosignature'), url },
    })),
  };
}

function policyText({ witnesses, groups }: WitnessPolicy): string {
  if (witnesses.length === 0) return 'none';
  const names = witnesses.map(({ name }) => name).join(', ');
  return `${groups[0]?.threshold ?? witnesses.length} of ${names}`;
}

type PinnedLook = Extract<WitnessesLook, { readonly kind: 'pinned' }>;

function showPinned({ pinned, told, isSame }: PinnedLook, { output }: CommandContext): void {
  output.line(`pinned here: ${policyText(pinned)}`);
  output.record({ message_type: 'pinned', ...(policyJson(pinned) as object) });
  if (isSame) return;
  output.line(`the network names: ${policyText(told)}`);
  output.record({ message_type: 'told', ...(policyJson(told) as object) });
  output.note('If you have heard of this from its operator: kura witnesses accept');
}

async function list(context: CommandContext): Promise<void> {
  const port = await (await context.services()).witnesses();
  const look = await port.look();
  if (look.kind === 'own') showLog(look, { output: context.output, add: 'kura witnesses add' });
  else showPinned(look, context);
}

async function accept({ output, services }: CommandContext): Promise<void> {
  const { pinned, told, isSame } = await (await (await services()).witnesses()).accept();
  const were = isSame ? 'as before' : `instead of ${policyText(pinned)}`;
  output.line(`pinned here: ${policyText(told)}, ${were}`);
  output.record({ message_type: 'pinned', ...(policyJson(told) as object) });
}

function done(context: CommandContext, text: string, facts: Readonly<Record<string, Json>>): void {
  context.output.line(text);
  context.output.record({ message_type: 'done', ...facts });
}

export function register(command: Command, context: CommandContext): void {
  const port = async () => (await context.services()).witnesses();
  command.description('Shows and chooses who witnesses the log.').addHelpText('after', HELP);
  command
    .command('list')
    .description('whom this home believes, and how they stand')
    .action(() => list(context));
  command
    .command('accept')
    .description('pin the witnesses that the network names today')
    .action(() => accept(context));
  command
    .command('add')
    .description('have a witness cosign your log, or give its new address')
    .argument('<witness>', 'a name for it')
    .requiredOption('--key <key>', 'its verifier key, as it was published')
    .requiredOption('--url <url>', 'where it is asked')
    .action(async (name: string, { key, url }: { readonly key: string; readonly url: string }) => {
      await (await port()).add({ name, verifierKey: key, url });
      done(context, `the witness ${name} is asked from now on`, { witness: name });
    });
  command
    .command('remove')
    .description('ask a witness no more')
    .argument('<witness>', 'its name')
    .action(async (name: string) => {
      await (await port()).remove(name);
      done(context, `the witness ${name} is asked no more`, { witness: name });
    });
  command
    .command('quorum')
    .description('how many witnesses have to cosign')
    .argument('<count>', 'how many', wholeNumber(1, MAX_WITNESSES))
    .action(async (quorum: number) => {
      await (await port()).setQuorum(quorum);
      done(context, `${plural(quorum, 'witness has', 'witnesses have')} to cosign`, { quorum });
    });
}
