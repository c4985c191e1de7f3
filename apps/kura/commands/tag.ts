// `kura tag`: changes the tags of snapshots. A snapshot is signed, so it gets a successor with another id.
import { KuraError } from '@kura/base';
import { type Command, Option } from 'commander';
import { addFilterOptions, collectWords, type FilterOptions } from '../cli/options.ts';
import { selectSnapshots, shortId } from '../cli/select.ts';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options extends FilterOptions {
  readonly set?: readonly string[];
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

const HELP = `
Examples:
  kura tag --add keep latest
  kura tag --remove draft --host laptop
  kura tag --set '' 3f2a91c0
`;

async function run(
  names: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const { set, add = [], remove = [] } = options;
  if (set === undefined && add.length === 0 && remove.length === 0) {
    throw new KuraError('usage', 'nothing says which tags to change', {
      guidance: 'Use --add, --remove or --set.',
    });
  }
  if (set !== undefined && (add.length > 0 || remove.length > 0)) {
    throw new KuraError('usage', '--set replaces all tags, so --add and --remove make no sense', {
      guidance: 'Use --set alone.',
    });
  }
  const services = await context.services();
  const chosen = selectSnapshots(await services.snapshots(), names, options);
  const snapshots = chosen.map(({ id }) => id);
  const changed = await services.tag({ snapshots, set, add, remove });
  for (const { from, to } of changed) {
    output.line(`${shortId(from)} is now ${shortId(to)}`);
    output.record({ message_type: 'changed', old_snapshot_id: from, new_snapshot_id: to });
  }
  output.line(`${plural(changed.length, 'snapshot')} changed`);
  output.record({ message_type: 'summary', changed_snapshots: changed.length });
}

export function register(command: Command, context: CommandContext): void {
  addFilterOptions(
    command
      .description('Changes the tags of snapshots.')
      .argument('[snapshot...]', '"latest" or the beginning of an id (default: all that match)'),
  )
    .addOption(new Option('--add <tag[,tag…]>', 'add tags').argParser(collectWords))
    .addOption(new Option('--remove <tag[,tag…]>', 'remove tags').argParser(collectWords))
    .addOption(new Option('--set <tag[,tag…]>', 'replace all tags').argParser(collectWords))
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) => run(names, options, context));
}
