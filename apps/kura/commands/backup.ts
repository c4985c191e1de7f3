// `kura backup`: saves files and folders as a new snapshot.
import { hostname, userInfo } from 'node:os';
import { byteString, formatBytes, formatDuration, KuraError } from '@kura/base';
import type { HangUp } from '@kura/contract';
import { BACKUP_KINDS, type BackupKind } from '@kura/format/types.ts';
import { type Command, Option } from 'commander';
import {
  addLimitOptions,
  collect,
  collectWords,
  type LimitOptions,
  limitsOf,
} from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { approvalsOption, tellStamps } from '../stamps/register.ts';
import { exclusion, type InputOptions, pathsToSave } from './backup-input.ts';
import type { BackupRequest } from './requests.ts';
import { plural, warnOfProblems } from './show.ts';
import { earlyCounts, earlyJson, tellEarly } from './show-early.ts';
import type { CommandContext } from './types.ts';
import type { BackupView } from './views.ts';

interface Options extends InputOptions, LimitOptions {
  readonly excludeCaches?: true;
  readonly oneFileSystem?: true;
  readonly tag?: readonly string[];
  readonly host?: string;
  readonly kind: BackupKind | 'auto';
  readonly dryRun?: true;
  readonly hangUp: HangUp;
  readonly stdin?: true;
  readonly notarise?: true;
  readonly lock?: true;
  readonly approvals: number;
  readonly stdinFilename: string;
}

const HELP = `
Kinds of backup (marks say what has changed since it was last saved):
  full          everything; clears all marks
  copy          everything; leaves the marks as they are
  incremental   what is marked; clears these marks
  differential  what has changed since the last full; leaves the marks
  auto          full the first time, incremental from then on
Every kind restores as a whole tree, and what is stored already is never sent again.

Patterns: * any characters, ? one, [a-z] one of them, ** any number of folders.
A slash in front anchors a pattern at the root; ! in front takes back a match.

Examples:
  kura backup ~ --exclude .cache --exclude '*.tmp'
  kura backup / --one-file-system --exclude-caches --tag machine
  find /srv -newer mark -print0 | kura backup --files-from0 -
  kura backup ~/contracts --notarise --approvals 2
  kura backup ~/testament --notarise --approvals 2 --lock
  pg_dump shop | kura backup --stdin --stdin-filename shop.sql

With --notarise the receipt is stamped by timestamp authorities when every copy is confirmed: by
your network, and by others that agent.toml names (kura stamps --help). With --lock as well only
these stamps open the snapshot again, with your keys and, in a network of others, a part of the key
that it gives against them: it shares nothing with other snapshots and takes its whole room.

With --hang-up early the command ends when a gateway of the network has received everything.
Copies are made afterwards; it is a snapshot, and safe, when your inbox says so. What a gateway
loses before that is sent by the next backup.

Ends with 3 if some files could not be read or are not there (the snapshot exists without
them), with 22 if packs of the snapshot have too few copies because a store is away, with 21
if too few stores answered, and with 14 if they are full (packs are kept, the next backup
uses them).
`;

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return ''; // a user id without a name: containers
  }
}

function streamOf(options: Options, context: CommandContext): BackupRequest['stream'] {
  if (options.stdin !== true) return undefined;
  const name = options.stdinFilename;
  const isName = (part: string): boolean => part !== '' && part !== '.' && part !== '..';
  const parts = (name.startsWith('/') ? name.slice(1) : name).split('/');
  if (!parts.every(isName)) {
    throw new KuraError('usage', `"${name}" cannot be the name of a file`, {
      guidance: 'Write --stdin-filename NAME, for example shop.sql.',
    });
  }
  return { path: byteString(name.startsWith('/') ? name : `/${name}`), bytes: context.stdin() };
}

async function requestOf(
  named: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<BackupRequest> {
  const stream = streamOf(options, context);
  const lists = [...(options.filesFrom ?? []), ...(options.filesFrom0 ?? [])];
  if (stream !== undefined && (named.length > 0 || lists.length > 0)) {
    throw new KuraError('usage', '--stdin saves standard input, and nothing else with it', {
      guidance: 'Leave out the other paths, or make two backups.',
    });
  }
  if (options.host === '') {
    throw new KuraError('usage', '--host names no machine', {
      guidance: 'Give a name, or leave it out: this machine has one.',
    });
  }
  const paths = stream === undefined ? await pathsToSave(named, options, context) : [];
  if (stream === undefined && paths.length === 0) {
    throw new KuraError('usage', 'there is nothing to save', {
      guidance: 'Name a file or folder, or use --files-from or --stdin.',
    });
  }
  return {
    paths,
    stream,
    exclude: exclusion(options, context),
    excludeCaches: options.excludeCaches === true,
    oneFileSystem: options.oneFileSystem === true,
    kind: options.kind,
    hostname: options.host ?? hostname(),
    username: userName(),
    tags: [...new Set(options.tag ?? [])],
    dryRun: options.dryRun === true,
    hangUp: options.hangUp,
    isLocked: isLocked(options),
    limits: limitsOf(options),
  };
}

/** Before anything is read: what a lock cannot be together with. */
function isLocked({ lock, notarise, hangUp, kind, dryRun }: Options): boolean {
  if (lock !== true) return false;
  const needs = (why: string, guidance: string): never => {
    throw new KuraError('usage', `--lock ${why}`, { guidance });
  };
  if (notarise !== true) needs('is opened by stamps', 'Add --notarise.');
  if (hangUp === 'early') needs('waits for the receipt', 'Leave out --hang-up early.');
  if (kind !== 'auto' && kind !== 'full') needs('shares nothing', `Leave out --kind ${kind}.`);
  return dryRun !== true;
}

function summaryOf(view: BackupView) {
  const { snapshotId, kind, statistics, copiesMin, packsBelowStrength, problemCount } = view;
  return {
    message_type: 'summary',
    ...(snapshotId === undefined ? { dry_run: true } : {}),
    snapshot_id: snapshotId ?? null,
    ...(view.isTakenOver ? { taken_over: true } : {}),
    kind,
    files_new: statistics.filesNew,
    files_changed: statistics.filesChanged,
    files_unmodified: statistics.filesUnmodified,
    dirs_new: statistics.dirsNew,
    dirs_changed: statistics.dirsChanged,
    dirs_unmodified: statistics.dirsUnmodified,
    data_added: statistics.dataAdded,
    data_added_packed: statistics.dataAddedPacked,
    total_files_processed: statistics.totalFilesProcessed,
    total_bytes_processed: statistics.totalBytesProcessed,
    total_duration: statistics.durationMs / 1000,
    files_unreadable: problemCount,
    copies_min: copiesMin,
    packs_below_strength: packsBelowStrength,
    ...earlyJson(view.early),
  };
}

function tell(view: BackupView, { output }: CommandContext): void {
  const { statistics: count, snapshotId, copiesMin, receipt } = view;
  const counted = (fresh: number, changed: number, same: number): string =>
    `${fresh} new, ${changed} changed, ${same} unmodified`;
  output.line(`files: ${counted(count.filesNew, count.filesChanged, count.filesUnmodified)}`);
  output.line(`folders: ${counted(count.dirsNew, count.dirsChanged, count.dirsUnmodified)}`);
  const added = formatBytes(count.dataAdded);
  const packed = formatBytes(count.dataAddedPacked);
  output.line(`added: ${added}, stored in ${packed} per copy`);
  const size = formatBytes(count.totalBytesProcessed);
  const time = formatDuration(count.durationMs);
  output.line(`processed: ${plural(count.totalFilesProcessed, 'file')}, ${size} in ${time}`);
  if (snapshotId === undefined) {
    output.line('dry run: nothing was stored');
    return;
  }
  if (view.isTakenOver) {
    output.line(`snapshot ${shortId(snapshotId)} is received (${view.kind}), and not safe yet:`);
    output.line('the network makes its copies, and reports to your inbox');
    return;
  }
  const witness = receipt?.witnessed === true ? 'witnessed' : 'unwitnessed';
  const proof = receipt === undefined ? '' : `, receipt ${receipt.leafIndex} (${witness})`;
  const safe = `${plural(copiesMin, 'copy', 'copies')} of everything`;
  output.line(`snapshot ${shortId(snapshotId)} saved (${view.kind}): ${safe}${proof}`);
}

async function run(
  named: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const request = await requestOf(named, options, context);
  const services = await context.services();
  const { notarise, approvals } = options;
  if (notarise === true) await (await services.stamps()).ready(approvals);
  const view = await services.backup(request);
  warnOfProblems(context, view);
  warnOfStrength(context, view);
  tell(view, context);
  tellEarly(view.early, context);
  context.output.record(summaryOf(view));
  if (notarise === true && view.snapshotId !== undefined && !view.isTakenOver) {
    const stamps = await (await services.stamps()).add(view.snapshotId, approvals);
    if (stamps.snapshotId !== view.snapshotId) {
      context.output.line(`locked: it is snapshot ${shortId(stamps.snapshotId)} from now on`);
    }
    tellStamps(stamps, context);
  }
  context.exitWith(exitOf(view));
}

/** What is not saved weighs more than what is saved with too few copies. */
function exitOf({ snapshotId, problemCount, packsBelowStrength, early }: BackupView) {
  if (problemCount > 0) return EXIT.sourceUnreadable;
  const { weak, lost } = earlyCounts(early);
  if (lost > 0) return EXIT.dataLost;
  const isDegraded = snapshotId !== undefined && packsBelowStrength + weak > 0;
  return isDegraded ? EXIT.degraded : EXIT.done;
}

function warnOfStrength({ output }: CommandContext, view: BackupView): void {
  const { snapshotId, packsBelowStrength, copiesWanted } = view;
  if (snapshotId === undefined || packsBelowStrength === 0) return;
  const verb = packsBelowStrength === 1 ? 'has' : 'have';
  output.warning(
    `${plural(packsBelowStrength, 'pack')} of this snapshot ${verb} fewer than ${copiesWanted} ` +
      'copies within reach: bring back the stores that are away, or run `kura check --repair`',
  );
}

export function register(command: Command, context: CommandContext): void {
  addLimitOptions(command)
    .description('Saves files and folders as a new snapshot, in several cities at once.')
    .usage('PATH… [OPTION…]')
    .argument('[path...]', 'files and folders to save')
    .addOption(
      new Option('-e, --exclude <pattern>', 'leave out what matches (repeat it)').argParser(
        collect,
      ),
    )
    .addOption(
      new Option('--exclude-file <file>', 'patterns from a file, one per line').argParser(collect),
    )
    .option('--exclude-caches', 'leave out the content of folders with a CACHEDIR.TAG')
    .option('-x, --one-file-system', 'stay on the file systems of the given paths')
    .addOption(
      new Option(
        '--files-from <file>',
        'paths and patterns from a file ("-": standard input)',
      ).argParser(collect),
    )
    .addOption(
      new Option('--files-from0 <file>', 'paths as they are, each ended by a NUL').argParser(
        collect,
      ),
    )
    .addOption(new Option('--tag <tag[,tag…]>', 'tag the snapshot').argParser(collectWords))
    .option('-H, --host <name>', 'name of this machine (default: its own)')
    .addOption(
      new Option('--kind <kind>', 'which kind of backup')
        .choices(['auto', ...BACKUP_KINDS])
        .default('auto'),
    )
    .option('--notarise', 'have the receipt stamped by timestamp authorities')
    .option('--lock', 'with --notarise: only those stamps open the snapshot again')
    .addOption(approvalsOption())
    .addOption(
      new Option('--hang-up <when>', 'early: as soon as a gateway has everything')
        .choices(['late', 'early'])
        .default('late'),
    )
    .option('-n, --dry-run', 'say what would be saved, store nothing')
    .option('--stdin', 'save standard input as one file')
    .option('--stdin-filename <name>', 'its name', 'stdin')
    .addHelpText('after', HELP)
    .action((named: string[], options: Options) => run(named, options, context));
}
