// `kura recover`: a machine that knows nothing gets everything back from the recovery words and the stores.
import { resolve } from 'node:path';
import { KuraError } from '@kura/base';
import { type Command, Option } from 'commander';
import { readInputFile } from '../cli/input-file.ts';
import { collect } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { localTime, networkJson, networkLines, pathsText, plural, snapshotJson } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options {
  readonly wordsFile?: string;
  readonly store?: readonly string[];
}

/** 24 words of any language fit many times; larger is some other file. */
const MAX_WORDS_BYTES = 16 * 1024;

const HELP = `
Give every store that is left; one is enough if it has a full set of copies. The old
network's state is rebuilt in KURA_HOME, under a new passphrase; nothing at the stores is
changed. Afterwards every command works as before.

Examples:
  kura recover --words-file words.txt --store /mnt/nas
  kura recover --store /mnt/nas --store /mnt/usb
`;

function readWords(path: string): string {
  const file = { path, noun: 'file of recovery words', maxBytes: MAX_WORDS_BYTES };
  return readInputFile(file).toString('utf8');
}

async function askWords({ terminal }: CommandContext): Promise<string> {
  const words = await terminal.askSecret('Recovery words: ');
  if (words !== undefined) return words;
  throw new KuraError('usage', 'there are no recovery words and no terminal to ask for them', {
    guidance: 'Write them into a file and give --words-file FILE.',
  });
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const { output } = context;
  const folders = (options.store ?? []).map((folder) => resolve(folder));
  if (folders.length === 0) {
    throw new KuraError('usage', 'no store was named', {
      guidance: 'Give the folder of at least one store: --store DIR.',
    });
  }
  const { wordsFile } = options;
  const words = wordsFile === undefined ? await askWords(context) : readWords(wordsFile);
  const services = await context.services();
  const view = await services.recover({ words, storeFolders: [...new Set(folders)] });
  output.line(`The network is back in ${context.home}:`);
  output.lines(networkLines(view.network));
  const packs = plural(view.packs, 'pack');
  const missing = view.packsMissing > 0 ? `, ${view.packsMissing} missing` : '';
  output.line(`${packs} found${missing}, ${plural(view.snapshots.length, 'snapshot')}:`);
  for (const snapshot of view.snapshots) {
    const time = localTime(snapshot.timeMs, context);
    output.line(
      `  ${shortId(snapshot.id)}  ${time}  ${snapshot.hostname}: ${pathsText(snapshot.paths)}`,
    );
  }
  output.record({
    message_type: 'recovered',
    kura_home: context.home,
    packs: view.packs,
    packs_missing: view.packsMissing,
    network: networkJson(view.network),
    snapshots: view.snapshots.map(snapshotJson),
  });
  if (view.packsMissing > 0) context.exitWith(EXIT.dataLost);
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Brings everything back from the recovery words and the stores.')
    .usage('--words-file FILE --store DIR… [OPTION…]')
    .option('--words-file <file>', 'the recovery words (default: they are asked for)')
    .addOption(new Option('--store <dir>', 'the folder of a store (repeat it)').argParser(collect))
    .addHelpText('after', HELP)
    .action((options: Options) => run(options, context));
}
