// `kura drill`: restores a random sample into scratch space, compares it, and notes when a snapshot was last proved
// restorable.
import { resolve } from 'node:path';
import { chooseForDrill } from '@kura/agent/drill/choose.ts';
import { formatBytes, formatDuration, GIB, KuraError } from '@kura/base';
import { type Command, Option } from 'commander';
import { addFilterOptions, byteCount, type FilterOptions, wholeNumber } from '../cli/options.ts';
import { filterSnapshots, selectSnapshots, shortId } from '../cli/select.ts';
import { paint } from '../output/style.ts';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';
import type { DrilledView, SnapshotView } from './views.ts';

interface Options extends FilterOptions {
  readonly count: number;
  readonly files: number;
  readonly bytes: number;
  readonly scratch?: string;
}

const DEFAULT_FILES = 100;
const DEFAULT_BYTES = GIB;
const MAX_FILES = 1_000_000;

const HELP = `
Every folder of a snapshot is read, and files drawn at random are restored as any restore
does, read back, compared and removed. What came back is noted: kura snapshots shows when
each snapshot was last proved restorable. Without names the drill takes those that were
never proved, the newest first, then those whose proof is the oldest.

Ends as a restore would, if something does not come back: 20 if it is lost, 21 if a store
has to be back first, 23 if the history is not as it is known here.

On a schedule: packaging/systemd/kura-drill.timer, once a week.

Examples:
  kura drill
  kura drill --count 5 --bytes 10G --scratch /var/tmp
  kura drill latest --files 1000000
`;

async function chosen(
  names: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<readonly SnapshotView[]> {
  const services = await context.services();
  const all = await services.snapshots();
  if (names.length > 0) return selectSnapshots(all, names, options);
  const drillable = filterSnapshots(all, options).map((snapshot) => {
    const { id, leafIndex, proof } = snapshot;
    const provedMs = proof === undefined || proof === 'unknown' ? undefined : proof.provedMs;
    return { id, leafIndex, provedMs, snapshot };
  });
  return chooseForDrill(drillable, options.count).map(({ snapshot }) => snapshot);
}

function tell(view: DrilledView, { output }: CommandContext): void {
  const { snapshot, files, bytes, totalFiles, totalBytes, durationMs } = view;
  const what = `${files} of ${plural(totalFiles, 'file')}`;
  const size = `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
  const time = formatDuration(durationMs);
  output.line(`${shortId(snapshot.id)} ${paint('good', 'came back')}: ${what}, ${size} in ${time}`);
  output.record({
    message_type: 'drilled',
    snapshot_id: snapshot.id,
    files,
    bytes,
    total_files: totalFiles,
    total_bytes: totalBytes,
    total_duration: durationMs / 1000,
  });
}

async function run(
  names: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const snapshots = await chosen(names, options, context);
  if (snapshots.length === 0) {
    throw new KuraError('not_found', 'there is no snapshot to drill', {
      guidance: 'Make one: kura backup FOLDER',
    });
  }
  const services = await context.services();
  const { files, bytes } = options;
  const scratch = options.scratch === undefined ? undefined : resolve(options.scratch);
  for (const { id } of snapshots) {
    tell(await services.drill({ snapshot: id, limits: { files, bytes }, scratch }), context);
  }
}

export function register(command: Command, context: CommandContext): void {
  addFilterOptions(
    command
      .description('Restores a random sample into scratch space, and notes that it came back.')
      .argument('[snapshot...]', '"latest" or the beginning of an id (default: the next in turn)'),
  )
    .addOption(
      new Option('-n, --count <n>', 'how many snapshots, if none is named')
        .argParser(wholeNumber(1, MAX_FILES))
        .default(1),
    )
    .addOption(
      new Option('--files <n>', 'at most so many files of each')
        .argParser(wholeNumber(1, MAX_FILES))
        .default(DEFAULT_FILES),
    )
    .addOption(
      new Option('--bytes <size>', 'at most so much of each: 500M, 10G')
        .argParser(byteCount)
        .default(DEFAULT_BYTES, '1G'),
    )
    .option('--scratch <dir>', "where (default: the system's folder for temporary files)")
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) => run(names, options, context));
}
