// `kura snapshots`: the list of snapshots.
import { formatBytes } from '@kura/base';
import { type Command, Option } from 'commander';
import { addReadingOptions, type ReadingOptions, wholeNumber } from '../cli/options.ts';
import { selectSnapshots, shortId } from '../cli/select.ts';
import { tableLines } from '../output/table.ts';
import { localTime, pathsText, plural, proofText, snapshotJson } from './show.ts';
import { tellHistory } from './show-history.ts';
import type { CommandContext } from './types.ts';
import type { SnapshotView } from './views.ts';

interface Options extends ReadingOptions {
  readonly latest?: number;
}

const HELP = `
Examples:
  kura snapshots --host laptop --tag photos
  kura snapshots --latest 1 --json
`;

/** The newest `count` of each machine and set of paths. */
function newestOfEach(snapshots: readonly SnapshotView[], count: number): SnapshotView[] {
  const seen = new Map<string, number>();
  return snapshots.toReversed().filter((snapshot) => {
    const name = JSON.stringify([snapshot.hostname, snapshot.paths]);
    const number = (seen.get(name) ?? 0) + 1;
    seen.set(name, number);
    return number <= count;
  });
}

async function run(
  names: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const services = await context.services(options);
  const found = selectSnapshots(await services.snapshots(), names, options);
  const shown =
    options.latest === undefined ? found : newestOfEach(found, options.latest).toReversed();
  tellHistory(await services.history(), context);
  output.record(shown.map(snapshotJson));
  if (shown.length === 0) {
    output.line('no snapshots');
    return;
  }
  output.lines(
    tableLines(
      [
        { title: 'Id', cell: ({ id }) => shortId(id) },
        { title: 'Time', cell: ({ timeMs }) => localTime(timeMs, context) },
        { title: 'Host', cell: ({ hostname }) => hostname },
        { title: 'Kind', cell: ({ kind }) => kind },
        { title: 'Tags', cell: ({ tags }) => tags.join(',') },
        {
          title: 'Size',
          align: 'right',
          cell: ({ statistics }) => formatBytes(statistics.totalBytesProcessed),
        },
        { title: 'Proved', cell: ({ proof }) => proofText(proof, context) },
        { title: 'Paths', cell: ({ paths }) => pathsText(paths) },
      ],
      shown,
    ),
  );
  output.line(plural(shown.length, 'snapshot'));
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Lists snapshots, the oldest first.')
      .argument('[snapshot...]', '"latest" or the beginning of an id'),
  )
    .addOption(
      new Option('--latest <n>', 'only the newest n of each machine and paths').argParser(
        wholeNumber(1, 1_000_000),
      ),
    )
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) => run(names, options, context));
}
