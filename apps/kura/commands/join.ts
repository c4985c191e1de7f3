// `kura join`: becomes a member of a network that somebody else runs. It asks for two passphrases: one opens the
// card, which only the member has; with the other one logs in, and the service never sees it.
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { loginPassphrase } from '../cli/passphrase.ts';
import { readWordsFile } from './recovery-words.ts';
import { networkJson, networkLines } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options {
  readonly account: string;
  readonly home: string;
  readonly card?: string;
  readonly wordsFile?: string;
  readonly loginPassphraseFile?: string;
  readonly device?: string;
}

const HELP = `
INVITATION is what the operator of the network gave you: one word that begins with
kura-invite: and can be used once. Your keys are made here and stay here: the network
gets their public halves, and keeps what it can neither read nor lose unnoticed.

Two passphrases are asked for. The first opens your card (the folder with your keys;
--card puts it on a stick) and comes from --passphrase-file or KURA_PASSPHRASE
otherwise. The second is asked for when you log in, and comes from
--login-passphrase-file or KURA_LOGIN_PASSPHRASE otherwise.
Write the recovery words down afterwards: kura key words

Examples:
  kura join kura-invite:kura.example.org:7443#4kQ… --account ann --home Tokyo
  kura join kura-invite:… --account ann --home 35.7,139.7 --card /media/stick/card
`;

async function run(invitation: string, options: Options, context: CommandContext): Promise<void> {
  const { output, terminal, environment } = context;
  const { account, home, card, wordsFile, device = hostname() } = options;
  const { loginPassphraseFile: file } = options;
  const variable = environment.KURA_LOGIN_PASSPHRASE;
  const services = await context.services();
  const network = await services.join({
    ...{ invitation, account, home, device },
    card: card === undefined ? undefined : resolve(card),
    words: wordsFile === undefined ? undefined : readWordsFile(wordsFile),
    loginPassphrase: () => loginPassphrase({ file, variable, terminal }),
  });
  output.record({ message_type: 'joined', kura_home: context.home, ...networkJson(network) });
  output.line(`${context.home} belongs to a network now:`);
  output.lines(networkLines(network));
  output.note('Write the recovery words down and keep them away from here: kura key words');
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Joins a network that somebody else runs.')
    .usage('INVITATION --account NAME --home CITY [OPTION…]')
    .argument('<invitation>', 'kura-invite:…')
    .requiredOption('--account <name>', 'the name to log in with: a-z, 0-9 and hyphens')
    .requiredOption('--home <city|lat,lon>', 'where you live: copies go elsewhere')
    .option('--card <dir>', 'where your keys are kept (default: in the home)')
    .option('--words-file <file>', 'the recovery words of keys that you have already')
    .option('--login-passphrase-file <file>', 'the passphrase to log in, first line of a file')
    .option('--device <name>', 'what this machine is called (default: its host name)')
    .addHelpText('after', HELP)
    .action((invitation: string, options: Options) => run(invitation, options, context));
}
