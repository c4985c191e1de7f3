// `kura login`: a new certificate for a device whose old one has ended, by account and login passphrase.
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { knownLoginPassphrase } from '../cli/passphrase.ts';
import type { CommandContext } from '../commands/types.ts';

interface Options {
  readonly loginPassphraseFile?: string;
}

const HELP = `
A device's certificate is renewed by itself as long as the device is used now and then.
One that was away for three months has to log in again. Its keys stay what they are.

Examples:
  kura login
  kura login --login-passphrase-file ~/.kura-login
`;

async function run({ loginPassphraseFile: file }: Options, context: CommandContext): Promise<void> {
  const { output, terminal, environment, services } = context;
  const variable = environment.KURA_LOGIN_PASSPHRASE;
  const account = await (await services()).login({
    device: hostname(),
    loginPassphrase: () => knownLoginPassphrase({ file, variable, terminal }),
  });
  output.line(`${account} is logged in`);
  output.record({ message_type: 'logged_in', account });
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Logs this device in again, after its certificate has ended.')
    .option('--login-passphrase-file <file>', 'the passphrase to log in, first line of a file')
    .addHelpText('after', HELP)
    .action((options: Options) => run(options, context));
}
