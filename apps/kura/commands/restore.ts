// `kura restore`: brings a snapshot, or a part of it, back into a folder.
import { selectionMatcher } from '@kura/agent/backup/exclude.ts';
import { byteString, displayName, formatBytes, formatDuration } from '@kura/base';
import { type Command, Option } from 'commander';
import {
  addLimitOptions,
  addReadingOptions,
  collect,
  type LimitOptions,
  limitsOf,
  type ReadingOptions,
  splitSnapshotPath,
} from '../cli/options.ts';
import { findSnapshot, shortId } from '../cli/select.ts';
import { absolutePath } from './backup-input.ts';
import { OVERWRITE_RULES, type OverwriteRule } from './requests.ts';
import { plural, warnOfProblems } from './show.ts';
import { historyJson, tellHistory } from './show-history.ts';
import type { CommandContext } from './types.ts';
import type { RestoreView } from './views.ts';

interface Options extends ReadingOptions, LimitOptions {
  readonly target: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly overwrite: OverwriteRule;
  readonly delete?: true;
  readonly verify?: true;
  readonly dryRun?: true;
  readonly sparse?: true;
  readonly from?: string;
  readonly random?: true;
  readonly acceptOlder?: true;
}

const HELP = `
Everything is fetched and verified beside the target before anything in it is touched.
A restore that fails or is interrupted leaves what was there before; until it ends it
needs room for what it restores and for what it replaces (--dry-run says how much).

What happens to files that are there already (--overwrite):
  always      they are replaced
  if-changed  they are kept if size, time, mode, owner and attributes agree,
              and with --verify the content
  if-newer    they are replaced only if the snapshot's are newer
  never       they are kept

A restore ends with 23, before it writes anything, if the network shows an older history
than this device or its card knows, or one with gaps; --accept-older goes on all the same.

Examples:
  kura restore latest --target /tmp/back
  kura restore latest:/home/ann/letters --target ~/letters --overwrite never
  kura restore 3f2a91c0 --target / --include /etc --delete --dry-run
`;

function tell(view: RestoreView, options: Options, { output }: CommandContext): void {
  const verb = options.dryRun === true ? 'would be ' : '';
  const { restored, updated, unchanged, skipped, deleted, bytes } = view;
  const counts = [
    `${restored} ${verb}restored`,
    `${updated} ${verb}updated`,
    `${unchanged} unchanged`,
    `${skipped} skipped`,
    ...(options.delete === true ? [`${deleted} ${verb}deleted`] : []),
  ];
  output.line(counts.join(', '));
  const time = formatDuration(view.durationMs);
  output.line(
    `${formatBytes(bytes)} ${options.dryRun === true ? 'to write' : `written in ${time}`}`,
  );
  if (options.dryRun === true) {
    const { neededBytes, freeBytes } = view;
    output.line(
      `needs ${formatBytes(neededBytes)} until it ends, ${formatBytes(freeBytes)} are free`,
    );
  }
  if (view.problemCount > 0) output.line(`with ${plural(view.problemCount, 'problem')}`);
}

async function run(name: string, options: Options, context: CommandContext): Promise<void> {
  const { output } = context;
  const target = absolutePath(byteString(options.target));
  const services = await context.services(options);
  const given = splitSnapshotPath(name);
  const snapshot = findSnapshot(await services.snapshots(), given.name, options);
  output.note(`restoring ${shortId(snapshot.id)} to ${displayName(target)}`);
  const view = await services.restore({
    snapshot: snapshot.id,
    path: given.path,
    target,
    matches: selectionMatcher({ include: options.include ?? [], exclude: options.exclude ?? [] }),
    overwrite: options.overwrite,
    delete: options.delete === true,
    verify: options.verify === true,
    dryRun: options.dryRun === true,
    sparse: options.sparse === true,
    limits: limitsOf(options),
    from: options.from,
    isRandom: options.random === true,
    acceptOlder: options.acceptOlder === true,
  });
  tellHistory(view.history, context);
  warnOfProblems(context, view);
  tell(view, options, context);
  output.record({
    message_type: 'summary',
    snapshot_id: snapshot.id,
    target: displayName(target),
    dry_run: options.dryRun === true,
    files_restored: view.restored,
    files_updated: view.updated,
    files_unchanged: view.unchanged,
    files_skipped: view.skipped,
    files_deleted: view.deleted,
    bytes_restored: view.bytes,
    bytes_needed: view.neededBytes,
    bytes_free: view.freeBytes,
    problems: view.problemCount,
    history: historyJson(view.history),
    total_duration: view.durationMs / 1000,
  });
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    addLimitOptions(command)
      .description('Brings a snapshot, or a part of it, back into a folder.')
      .usage('SNAPSHOT[:PATH] --target DIR [OPTION…]')
      .argument('<snapshot[:path]>', '"latest" or the beginning of an id'),
  )
    .requiredOption('-t, --target <dir>', 'the folder to restore into')
    .addOption(
      new Option('-i, --include <pattern>', 'only what matches (repeat it)').argParser(collect),
    )
    .addOption(
      new Option('-e, --exclude <pattern>', 'all but what matches (repeat it)').argParser(collect),
    )
    .addOption(
      new Option('--overwrite <rule>', 'what happens to files that are there')
        .choices(OVERWRITE_RULES)
        .default('always'),
    )
    .option('--delete', 'remove what the snapshot does not have')
    .option('--verify', 'read back what was written, and see --overwrite')
    .option('-n, --dry-run', 'count what would be done, write nothing')
    .option('--sparse', 'make holes of long runs of zeros')
    .option('--from <store>', 'read from this store if it can be: a city, or its id')
    .option('--accept-older', 'go on although the history is not as it is known here')
    .option('--random', 'read each pack from any of its stores')
    .addHelpText('after', HELP)
    .action((name: string, options: Options) => run(name, options, context));
}
