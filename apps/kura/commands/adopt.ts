// `kura adopt`: the folders of this network become stores of a network that somebody runs; nothing is sent again.
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { KuraError } from '@kura/base';
import type { Command } from 'commander';
import { addInvitationOption, type InvitationOptions, invitationFrom } from '../cli/invitation.ts';
import { loginPassphrase } from '../cli/passphrase.ts';
import { tableLines } from '../output/table.ts';
import type { AdoptRequest } from './requests.ts';
import { placeText, plural, storeJson } from './show.ts';
import type { CommandContext } from './types.ts';
import type { AdoptionView, StoreView } from './views.ts';

interface Options extends InvitationOptions {
  readonly account?: string;
  readonly card?: string;
  readonly loginPassphraseFile?: string;
  readonly device?: string;
}

const HELP = `
Run it once with --account: it asks for the operator's invitation (or reads it from
--invitation-file; - is standard input), makes you a member with the keys that you have,
and hands each of your folders over. The operator then enrols each folder where it is
(kura operator invite store; kura serve store --enrol, with the folder as the path of its
shelf) and admits it. Run it again without anything: what your stores have signed for is
taken over, a sample is read through the network, and from then on this home belongs to
it. It may be repeated at any time; until its end nothing has changed.

Examples:
  kura adopt --account ann
  kura adopt --account ann --invitation-file invitation
  kura adopt
`;

/** Undefined: nothing of an invitation was said, so what was begun goes on. */
async function joiningOf(
  argument: string | undefined,
  options: Options,
  context: CommandContext,
): Promise<AdoptRequest['joining']> {
  const { account, card, invitationFile } = options;
  if (account !== undefined) {
    const invitation = await invitationFrom(argument, options, context);
    return { invitation, account, card: card === undefined ? undefined : resolve(card) };
  }
  if (argument === undefined && invitationFile === undefined) return undefined;
  throw new KuraError('usage', 'a member has an account', { guidance: 'Say --account NAME.' });
}

const COLUMNS = [
  { title: 'Folder', cell: ({ folder }: StoreView) => folder },
  { title: 'City', cell: (store: StoreView) => placeText(store) },
] as const;

function show(view: AdoptionView, { output, home }: CommandContext): void {
  const { networkId, waiting, taken, isLate } = view;
  output.record({
    message_type: taken === undefined ? 'handed_over' : 'adopted',
    network_id: networkId,
    kura_home: home,
    waiting_stores: waiting.map(storeJson),
    ...(taken ?? {}),
    backup_running: isLate,
  });
  if (taken === undefined) {
    output.line('Handed over. Each of these folders has to be enrolled and admitted now:');
    output.lines(tableLines(COLUMNS, waiting));
    output.line('Then run it again, without the account: kura adopt');
    return;
  }
  const { stores, packs, copies, snapshots, sampled } = taken;
  const inCopies = `${plural(packs, 'pack')} in ${plural(copies, 'copy', 'copies')}`;
  const all = `${plural(stores, 'store')}, ${inCopies} and ${plural(snapshots, 'snapshot')}`;
  output.line(`${all} are taken over; nothing was sent again.`);
  output.line(`${plural(sampled, 'copy', 'copies')} read through the network: as recorded.`);
  output.line(`${home} belongs to the network now.`);
  if (isLate) {
    output.warning('a backup of the old network is still running; when it has ended: kura adopt');
  }
}

async function run(
  invitation: string | undefined,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { terminal, environment } = context;
  const { loginPassphraseFile: file, device = hostname() } = options;
  const variable = environment.KURA_LOGIN_PASSPHRASE;
  const services = await context.services();
  const view = await services.adopt({
    joining: await joiningOf(invitation, options, context),
    device,
    loginPassphrase: () => loginPassphrase({ file, variable, terminal }),
  });
  show(view, context);
}

export function register(command: Command, context: CommandContext): void {
  addInvitationOption(command)
    .description('Brings this network of folders into one that somebody runs.')
    .usage('[--account NAME] [OPTION…]')
    .argument('[invitation]', 'kura-invite:…, where nobody else can see it')
    .option('--account <name>', 'the name to log in with: a-z, 0-9 and hyphens; left out: goes on')
    .option('--card <dir>', 'where your keys are kept (default: in the home)')
    .option('--login-passphrase-file <file>', 'the passphrase to log in, first line of a file')
    .option('--device <name>', 'what this machine is called (default: its host name)')
    .addHelpText('after', HELP)
    .action((invitation: string | undefined, options: Options) =>
      run(invitation, options, context),
    );
}
