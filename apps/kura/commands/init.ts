// `kura init`: founds a network of stores. It asks for a passphrase and never shows the recovery words by
// itself: whoever wants them on a screen says so (`kura key words`).
import { resolve } from 'node:path';
import { KuraError, MAX_COPIES, MAX_STORES } from '@kura/base';
import { type Command, Option } from 'commander';
import { collect, splitStore, wholeNumber } from '../cli/options.ts';
import { networkJson, networkLines } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options {
  readonly store?: readonly string[];
  readonly home?: string;
  readonly copies: number;
}

const HELP = `
Each store is a folder (of another disk, a NAS, a mounted bucket) and the city where
it stands. CITY is an id or a name of the city list, or LAT,LON; a name that could be
two places is refused with both. Copies of one thing go to cities that no one
disaster reaches together, each under a cipher of its own.

The passphrase is asked for, or comes from --passphrase-file or KURA_PASSPHRASE.
Write the recovery words down afterwards: kura key words

Examples:
  kura init --store /mnt/nas=Osaka --store /mnt/usb=Tokyo --home Tokyo
  kura init --store /a=jp-tokyo --store /b=de-frankfurt --store /c=45.5,-73.6 --copies 3
`;

/** Two stores in one folder would be one store that counts twice. */
function checkStores(folders: readonly string[], copies: number): void {
  const guidance = 'Write --store FOLDER=CITY once for every store.';
  if (folders.length === 0) throw new KuraError('usage', 'no store was named', { guidance });
  if (folders.length > MAX_STORES) {
    throw new KuraError('usage', `a network has at most ${MAX_STORES} stores`);
  }
  const twice = folders.find((folder, index) => folders.indexOf(folder) !== index);
  if (twice !== undefined) {
    throw new KuraError('usage', `the folder ${twice} is named as two stores`, { guidance });
  }
  if (folders.length < copies) {
    throw new KuraError(
      'usage',
      `${copies} copies need ${copies} stores, and only ${folders.length} are named`,
      {
        guidance: 'Add stores with --store FOLDER=CITY, or say --copies 1 if one place is enough.',
      },
    );
  }
}

async function run(options: Options, context: CommandContext): Promise<void> {
  const { output } = context;
  const stores = (options.store ?? []).map((text) => {
    const { folder, place } = splitStore(text);
    return { folder: resolve(folder), place };
  });
  checkStores(
    stores.map(({ folder }) => folder),
    options.copies,
  );
  const services = await context.services();
  const network = await services.init({ stores, home: options.home, copies: options.copies });
  output.record({ message_type: 'initialized', kura_home: context.home, ...networkJson(network) });
  output.line(`A network is founded in ${context.home}:`);
  output.lines(networkLines(network));
  output.note('Write the recovery words down and keep them away from here: kura key words');
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Founds a network: stores in several cities, one key that only you have.')
    .usage('--store DIR=CITY… [OPTION…]')
    .addOption(
      new Option('--store <dir=city>', 'a folder and the city it is in (repeat it)').argParser(
        collect,
      ),
    )
    .option('--home <city|lat,lon>', 'where you live (default: the city of the first store)')
    .addOption(
      new Option('--copies <n>', 'how many copies of everything, each in another store')
        .argParser(wholeNumber(1, MAX_COPIES))
        .default(2),
    )
    .addHelpText('after', HELP)
    .action((options: Options) => run(options, context));
}
