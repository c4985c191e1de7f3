// `kura key`: the passphrase and the recovery words. The words are the member's one secret: they are shown
// only when somebody asks for them, and what is written to a file is readable by its owner only.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { asKuraError } from '@kura/base';
import { type Command, Option } from 'commander';
import { replacementPassphrase } from '../cli/passphrase.ts';
import { recoverySheet } from './recovery-sheet.ts';
import type { WordLanguage } from './requests.ts';
import { networkJson, networkLines } from './show.ts';
import type { CommandContext } from './types.ts';

interface WordOptions {
  readonly language: WordLanguage;
  readonly output?: string;
}

const HELP = `
The passphrase opens the key on this machine. The 24 recovery words are the key: with
them and one full store everything comes back, without them a lost machine is lost.
Keep them on paper, away from this machine and from the stores.

Examples:
  kura key words
  kura key sheet --output sheet.txt
  kura key passphrase
`;

/** Never over an existing file, never readable by others. */
function writeSecret(path: string, text: string): void {
  try {
    const file = openSync(path, 'wx', 0o600);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw asKuraError(error, `the words cannot be written to ${path}`, {
      guidance: 'Name a file that does not exist yet, in a folder that does.',
    });
  }
}

async function show({ output, services }: CommandContext): Promise<void> {
  const member = await (await services()).member();
  const { memberId, deviceId, ownerKey, keyEpoch, network } = member;
  output.line(`member ${memberId}`);
  output.line(`device ${deviceId}`);
  output.line(`owner key ${ownerKey}, epoch ${keyEpoch}`);
  output.lines(networkLines(network));
  output.record({
    member_id: memberId,
    device_id: deviceId,
    owner_key: ownerKey,
    key_epoch: keyEpoch,
    network: networkJson(network),
  });
}

async function words(options: WordOptions, { output, services }: CommandContext): Promise<void> {
  const text = await (await services()).recoveryWords(options.language);
  if (options.output !== undefined) {
    writeSecret(options.output, `${text}\n`);
    output.line(`the recovery words are in ${options.output}`);
    output.record({ file: options.output });
    return;
  }
  output.line(text);
  output.record({ language: options.language, words: text.split(/\s+/) });
  output.note('Whoever has these words and one store has everything: keep them on paper only.');
}

async function sheet(options: WordOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const services = await context.services();
  const text = recoverySheet({
    words: await services.recoveryWords(options.language),
    member: await services.member(),
    date: new Date(context.clock.nowMs()).toISOString().slice(0, 10),
  });
  if (options.output === undefined) {
    output.lines(text.trimEnd().split('\n'));
    output.record({ sheet: text });
    return;
  }
  writeSecret(options.output, text);
  output.line(`the sheet is in ${options.output}: print it, then delete it`);
  output.record({ file: options.output });
}

async function passphrase(
  options: { readonly newPassphraseFile?: string },
  { output, services, terminal }: CommandContext,
): Promise<void> {
  const opened = await services();
  // Proves the old passphrase before anybody types a new one.
  await opened.member();
  await opened.changePassphrase(await replacementPassphrase(options.newPassphraseFile, terminal));
  output.line('the passphrase is changed; the recovery words stay the same');
  output.record({ message_type: 'passphrase_changed' });
}

export function register(command: Command, context: CommandContext): void {
  const language = (): Option =>
    new Option('--language <language>', 'language of the words')
      .choices(['english', 'japanese'])
      .default('english');
  const output = (): Option => new Option('-o, --output <file>', 'write to a new file instead');
  command
    .description('Changes the passphrase, shows the recovery words.')
    .addHelpText('after', HELP);
  command
    .command('show')
    .description('show whose keys these are; nothing secret')
    .action(() => show(context));
  command
    .command('passphrase')
    .alias('passwd')
    .description('change the passphrase')
    .option('--new-passphrase-file <file>', 'read the new one from a file')
    .action((options: { readonly newPassphraseFile?: string }) => passphrase(options, context));
  command
    .command('words')
    .alias('export')
    .description('show the recovery words')
    .addOption(language())
    .addOption(output())
    .action((options: WordOptions) => words(options, context));
  command
    .command('sheet')
    .description('a page to print, with the words and what to do with them')
    .addOption(language())
    .addOption(output())
    .action((options: WordOptions) => sheet(options, context));
}
