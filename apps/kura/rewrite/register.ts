// `kura rewrite`: takes files and folders out of snapshots that were made. What would go is said before it goes.
import { excludeMatcher } from '@kura/agent/backup/exclude.ts';
import { formatBytes, KuraError } from '@kura/base';
import { type Command, Option } from 'commander';
import { addFilterOptions, collect, type FilterOptions } from '../cli/options.ts';
import { selectSnapshots, shortId } from '../cli/select.ts';
import { exclusion, type InputOptions } from '../commands/backup-input.ts';
import { addPruneOptions, type PruneOptions, prune } from '../commands/prune.ts';
import { localTime, plural } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { tableLines } from '../output/table.ts';
import type { RewriteStepView, Rewriting } from './port.ts';

interface Options
  extends FilterOptions,
    PruneOptions,
    Pick<InputOptions, 'exclude' | 'excludeFile'> {
  readonly forget?: true;
  readonly prune?: true;
}

const HELP = `
Each snapshot that holds what the patterns match gets a successor without it, with another
id and the same time, machine, paths, tags and kind. Patterns are those of a backup: one with
a slash in front begins at the root, others match names anywhere, a folder goes with all that
is below it, and "\\" takes the meaning from *, ? and [. Snapshots that hold nothing of it are
left alone; if none does, that is said, and the command ends with 0.

Without --forget the old snapshots stand beside the new ones, and nothing is given back. With
it they are dropped, and \`kura prune\` gives the room back. It may leave a little of what is
unused where it is, sealed; with --max-unused 0% nothing of it stays in any pack. The next
backup saves again what is still there: give it the same --exclude.

A locked snapshot, and one of which nothing but folders would be left, are refused.

Examples:
  kura rewrite --exclude '*.iso' --dry-run
  kura rewrite --exclude /home/ann/diary --forget --prune --max-unused 0%
  kura rewrite 3f2a91c0 latest --exclude-file unwanted.txt --forget
`;

function check({ exclude = [], excludeFile = [], forget, prune: prunes }: Options): void {
  if (exclude.length + excludeFile.length === 0) {
    throw new KuraError('usage', 'nothing says what is to go', {
      guidance: 'Name it with --exclude PATTERN or --exclude-file FILE.',
    });
  }
  if (prunes !== true || forget === true) return;
  throw new KuraError('usage', '--prune frees nothing while the old snapshots stand', {
    guidance: 'Add --forget.',
  });
}

const sum = (steps: readonly RewriteStepView[], field: 'files' | 'folders' | 'bytes'): number =>
  steps.reduce((total, step) => total + step[field], 0);

function tellPlan({ steps, bytesBack }: Rewriting, chosen: number, context: CommandContext): void {
  const { output } = context;
  if (steps.length === 0) {
    output.line(`nothing in ${plural(chosen, 'snapshot')} matches: nothing to do`);
  } else {
    const columns = [
      { title: 'Id', cell: (step: RewriteStepView) => shortId(step.snapshotId) },
      { title: 'Time', cell: (step: RewriteStepView) => localTime(step.timeMs, context) },
      { title: 'Host', cell: ({ hostname }: RewriteStepView) => hostname },
      { title: 'Files', cell: ({ files }: RewriteStepView) => String(files) },
      { title: 'Folders', cell: ({ folders }: RewriteStepView) => String(folders) },
      { title: 'Size', cell: ({ bytes }: RewriteStepView) => formatBytes(bytes) },
    ];
    output.lines(tableLines(columns, steps));
    const back =
      bytesBack === undefined
        ? 'nobody can say now how much room that is: a snapshot or a pack cannot be read'
        : `about ${formatBytes(bytesBack)} at all stores together are needed by nothing else`;
    output.line(`${steps.length} of ${plural(chosen, 'snapshot')} hold it; ${back}`);
  }
  for (const { snapshotId, files, folders, bytes, isNotarised } of steps) {
    if (isNotarised) {
      output.warning(`${shortId(snapshotId)} is notarised: its stamps are not of what replaces it`);
    }
    output.record({
      ...{ message_type: 'step', snapshot: snapshotId },
      ...{ files, dirs: folders, bytes, notarised: isNotarised },
    });
  }
  output.record({
    message_type: 'plan',
    ...{ chosen_snapshots: chosen, changed_snapshots: steps.length },
    ...{ files: sum(steps, 'files'), dirs: sum(steps, 'folders'), bytes: sum(steps, 'bytes') },
    bytes_back: bytesBack ?? null,
  });
}

function tellEnd(changed: number, options: Options, { output }: CommandContext): void {
  const isForgotten = options.forget === true;
  if (options.dryRun === true) output.line('dry run: nothing was changed');
  else if (changed > 0) {
    const old = isForgotten ? 'the old ones are dropped' : 'the old ones stand as they were';
    output.line(`${plural(changed, 'snapshot')} rewritten; ${old}`);
    if (isForgotten && options.prune !== true) output.line('the room comes back with kura prune');
    output.line('the next backup needs the same --exclude, or it saves again what is still there');
  }
  const isDry = options.dryRun === true;
  output.record({
    ...{ message_type: 'summary', dry_run: isDry },
    changed_snapshots: isDry ? 0 : changed,
    forgotten_snapshots: isDry || !isForgotten ? 0 : changed,
  });
}

async function run(
  names: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  check(options);
  const isCut = excludeMatcher(exclusion(options, context));
  const services = await context.services();
  const chosen = selectSnapshots(await services.snapshots(), names, options);
  if (chosen.length === 0) {
    throw new KuraError('not_found', 'no snapshot is chosen', {
      guidance: 'See them all: kura snapshots',
    });
  }
  const snapshots = chosen.map(({ id }) => id);
  const rewriting = await services.rewriting({ snapshots, isCut });
  tellPlan(rewriting, chosen.length, context);
  const { length } = rewriting.steps;
  if (options.dryRun !== true && length > 0) {
    await rewriting.carryOut({
      forget: options.forget === true,
      onRewritten: ({ from, to }) => {
        output.line(`${shortId(from)} is now ${shortId(to)}`);
        output.record({ message_type: 'changed', old_snapshot_id: from, new_snapshot_id: to });
      },
    });
  }
  tellEnd(length, options, context);
  if (options.prune === true && options.dryRun !== true) await prune(options, context);
}

export function register(command: Command, context: CommandContext): void {
  addFilterOptions(
    command
      .description('Takes files and folders out of snapshots.')
      .argument('[snapshot...]', '"latest" or the beginning of an id (default: all that match)'),
  )
    .addOption(
      new Option('-e, --exclude <pattern>', 'what goes (may be repeated)').argParser(collect),
    )
    .addOption(
      new Option('--exclude-file <file>', 'patterns, one per line (may be repeated)').argParser(
        collect,
      ),
    )
    .option('--forget', 'drop the old snapshots')
    .option('--prune', 'then remove what nothing needs any more')
    .option('-n, --dry-run', 'say what would go, and what room that gives back');
  addPruneOptions(command)
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) => run(names, options, context));
}
