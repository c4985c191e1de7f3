// `kura join`: becomes a member of a network that somebody else runs. It asks for two passphrases: one opens the
// card, which only the member has; with the other one logs in, and the service never sees it.
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { KuraError } from '@kura/base';
import type { Command } from 'commander';
import { addInvitationOption, type InvitationOptions, invitationFrom } from '../cli/invitation.ts';
import { knownLoginPassphrase, loginPassphrase } from '../cli/passphrase.ts';
import { readWordsFile } from './recovery-words.ts';
import type { FurtherDeviceRequest } from './requests.ts';
import { networkJson, networkLines } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options extends InvitationOptions {
  readonly account: string;
  readonly home?: string;
  readonly card?: string;
  readonly knownCard?: string;
  readonly wordsFile?: string;
  readonly loginPassphraseFile?: string;
  readonly device?: string;
}

const HELP = `
An invitation is what the operator of the network gave you: one word that begins with
kura-invite: and can be used once, by whoever has it first. It is asked for, or read from
--invitation-file (- is standard input): all users of this machine can see an argument.
Your keys are made here and stay here: the network
gets their public halves, and keeps what it can neither read nor lose unnoticed.

Two passphrases are asked for. The first opens your card (the folder with your keys;
--card puts it on a stick) and comes from --passphrase-file or KURA_PASSPHRASE
otherwise. The second is asked for when you log in, and comes from
--login-passphrase-file or KURA_LOGIN_PASSPHRASE otherwise.
Write the recovery words down afterwards: kura key words

A further device of yours needs no invitation, but your keys: a card of yours (--known-card,
whose passphrase opens the new one as well), or the recovery words and kura-network:…, which
kura card show has.

Examples:
  kura join --account ann --home Tokyo
  kura join --invitation-file invitation --account ann --home 35.7,139.7 --card /media/stick/card
  kura join --account ann --known-card /media/stick/card
`;

async function run(
  where: string | undefined,
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output, terminal, environment } = context;
  const { account, card, wordsFile, knownCard, device = hostname() } = options;
  const { loginPassphraseFile: file } = options;
  const login = { file, variable: environment.KURA_LOGIN_PASSPHRASE, terminal };
  const services = await context.services();
  const common = { account, device, card: card === undefined ? undefined : resolve(card) };
  const words = wordsFile === undefined ? undefined : readWordsFile(wordsFile);
  const isFurther = knownCard !== undefined || where?.startsWith('kura-network:') === true;
  const network = isFurther
    ? await services.joinFurther({
        ...{ ...common, network: where, from: keysFrom(knownCard, words) },
        loginPassphrase: () => knownLoginPassphrase(login),
      })
    : await services.join({
        ...{ ...common, words, home: homeOf(options) },
        invitation: await invitationFrom(where, options, context),
        loginPassphrase: () => loginPassphrase(login),
      });
  output.record({ message_type: 'joined', kura_home: context.home, ...networkJson(network) });
  output.line(`${context.home} belongs to a network now:`);
  output.lines(networkLines(network));
  if (isFurther) return;
  output.note('Write the recovery words down and keep them away from here: kura key words');
}

function keysFrom(
  knownCard: string | undefined,
  words: string | undefined,
): FurtherDeviceRequest['from'] {
  if (knownCard !== undefined) return { card: resolve(knownCard) };
  if (words !== undefined) return { words };
  throw new KuraError('usage', 'a further device needs the keys that you have already', {
    guidance: 'Give --known-card DIR, or --words-file FILE.',
  });
}

function homeOf({ home }: Options): string {
  if (home !== undefined) return home;
  throw new KuraError('usage', 'nothing says where you live', {
    guidance: 'Give --home with a city, or "lat,lon": copies go elsewhere.',
  });
}

export function register(command: Command, context: CommandContext): void {
  addInvitationOption(command)
    .description('Joins a network that somebody else runs.')
    .usage('--account NAME --home CITY [OPTION…]')
    .argument('[network]', 'on a further device kura-network:…')
    .requiredOption('--account <name>', 'the name to log in with: a-z, 0-9 and hyphens')
    .option('--home <city|lat,lon>', 'where you live: copies go elsewhere')
    .option('--card <dir>', 'where your keys are kept (default: in the home)')
    .option('--known-card <dir>', 'a card of yours: this becomes a further device')
    .option('--words-file <file>', 'the recovery words of keys that you have already')
    .option('--login-passphrase-file <file>', 'the passphrase to log in, first line of a file')
    .option('--device <name>', 'what this machine is called (default: its host name)')
    .addHelpText('after', HELP)
    .action((where: string | undefined, options: Options) => run(where, options, context));
}
