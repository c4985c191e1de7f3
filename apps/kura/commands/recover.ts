// `kura recover`: a machine that knows nothing gets everything back from the recovery words and the stores.
import { resolve } from 'node:path';
import { KuraError, MAX_COPIES } from '@kura/base';
import { type Command, Option } from 'commander';
import { collect, wholeNumber } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { readWordsFile } from './recovery-words.ts';
import {
  localTime,
  networkJson,
  networkLines,
  pathsText,
  placeText,
  plural,
  snapshotJson,
} from './show.ts';
import type { CommandContext } from './types.ts';
import type { RecoveryView } from './views.ts';

interface Options {
  readonly wordsFile?: string;
  readonly store?: readonly string[];
  readonly home?: string;
  readonly copies?: number;
}

const HELP = `
Give every store that is left; one is enough if it has a full set of copies. The old
network's state is rebuilt in KURA_HOME, under a new passphrase; nothing at the stores is
changed, but that they heal what they can. Afterwards every command works as before.

Where home is and how many copies are kept follows from the newest snapshot; --home and
--copies say otherwise. With fewer stores than copies it keeps as many copies as stores.
Ends with 20 if a snapshot is incomplete: give more stores, if there are any.

Examples:
  kura recover --words-file words.txt --store /mnt/nas
  kura recover --store /mnt/nas --store /mnt/usb
`;

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
  const words = wordsFile === undefined ? await askWords(context) : readWordsFile(wordsFile);
  const services = await context.services();
  const storeFolders = [...new Set(folders)];
  const { home, copies } = options;
  const view = await services.recover({ words, storeFolders, home, copies });
  output.line(`The network is back in ${context.home}:`);
  output.lines(networkLines(view.network));
  for (const assumed of assumptions(view)) output.warning(assumed);
  const packs = plural(view.packs, 'pack');
  const unreadable = view.packsUnreadable > 0 ? `, ${view.packsUnreadable} unreadable` : '';
  output.line(`${packs} found${unreadable}, ${plural(view.snapshots.length, 'snapshot')}:`);
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
    packs_unreadable: view.packsUnreadable,
    copies_passed_over: view.copiesPassedOver,
    snapshots_incomplete: view.snapshotsIncomplete,
    snapshots_absent: view.snapshotsAbsent,
    copies_wanted: view.copiesWanted ?? null,
    home_known: view.isHomeKnown,
    network: networkJson(view.network),
    snapshots: view.snapshots.map(snapshotJson),
  });
  if (view.snapshotsAbsent > 0) {
    const absent = plural(view.snapshotsAbsent, 'snapshot');
    output.warning(`${absent} that others name: forgotten before, or at none of these stores`);
  }
  if (view.snapshotsIncomplete === 0) return;
  const incomplete = plural(view.snapshotsIncomplete, 'snapshot');
  output.warning(`${incomplete} incomplete: some of it is at none of these stores (kura check)`);
  context.exitWith(EXIT.dataLost);
}

/** What nobody said, and how to say it. */
function assumptions({ network, copiesWanted, isHomeKnown }: RecoveryView): readonly string[] {
  const said: string[] = [];
  const { home, copies } = network;
  if (!isHomeKnown) {
    said.push(
      `no snapshot says where home is: it is taken to be in ${placeText(home)} ` +
        '(recover again with --home CITY to say otherwise)',
    );
  }
  if (copiesWanted === undefined) {
    said.push(
      `no snapshot says how many copies there were: the network keeps ${copies} ` +
        '(recover again with --copies N to say otherwise)',
    );
  } else if (copies < copiesWanted) {
    said.push(
      `the network kept ${copiesWanted} copies of everything and now keeps ${copies}, for there is ` +
        `no store for more (recover again with ${copiesWanted} stores to keep ${copiesWanted})`,
    );
  }
  return said;
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Brings everything back from the recovery words and the stores.')
    .usage('--words-file FILE --store DIR… [OPTION…]')
    .option('--words-file <file>', 'the recovery words (default: they are asked for)')
    .addOption(new Option('--store <dir>', 'the folder of a store (repeat it)').argParser(collect))
    .option('--home <city|lat,lon>', 'where you live (default: as the newest snapshot says)')
    .addOption(
      new Option(
        '--copies <n>',
        'how many copies of everything (default: as the newest snapshot says)',
      ).argParser(wholeNumber(1, MAX_COPIES)),
    )
    .addHelpText('after', HELP)
    .action((options: Options) => run(options, context));
}
