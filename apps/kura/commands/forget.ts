// `kura forget`: drops snapshots, by rule or by id. What they needed stays until `kura prune` finds that
// nothing else does.

import { parseDuration, type RetentionDuration } from '@kura/agent/retention/duration.ts';
import { judgeRetention, type RetentionRule } from '@kura/agent/retention/judge.ts';
import {
  isEmptyPolicy,
  NO_POLICY,
  parseGroupKeys,
  type RetentionPolicy,
  type Verdict,
} from '@kura/agent/retention/policy.ts';
import { KuraError, type SnapshotId } from '@kura/base';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addFilterOptions, collect, type FilterOptions, parseTime } from '../cli/options.ts';
import { filterSnapshots, selectSnapshots, shortId } from '../cli/select.ts';
import { tableLines } from '../output/table.ts';
import { addPruneOptions, type PruneOptions, prune } from './prune.ts';
import { localTime, pathsText, plural, snapshotJson } from './show.ts';
import type { CommandContext } from './types.ts';
import type { SnapshotView } from './views.ts';

interface Options extends FilterOptions, PruneOptions {
  readonly keepLast?: number;
  readonly keepHourly?: number;
  readonly keepDaily?: number;
  readonly keepWeekly?: number;
  readonly keepMonthly?: number;
  readonly keepYearly?: number;
  readonly keepWithin?: RetentionDuration;
  readonly keepTag?: readonly string[];
  readonly groupBy: string;
  readonly prune?: true;
  readonly unsafeAllowRemoveAll?: true;
  readonly byDeviceTime?: true;
  /** Milliseconds since 1970. */
  readonly at?: number;
}

const HELP = `
A rule looks at the snapshots of one machine and set of paths at a time (--group-by). It
keeps the newest of each of the last n hours, days, … that have a snapshot; a snapshot is
kept if one rule wants it. n is a number, or "unlimited". With ids, just these are dropped.

A snapshot counts for when the log took it, among those of one device. Where device and
log differ by more than a day, where the log contradicts itself, and within the network's
delay of removal, it is kept and takes no other's place. After \`kura recover\` or \`kura
adopt\` that is all that was there before: --by-device-time counts what the records say.

Nothing is removed from the stores before \`kura prune\`, or with --prune.

Examples:
  kura forget --keep-daily 7 --keep-weekly 5 --keep-monthly 12 --dry-run
  kura forget --keep-within 30d --keep-tag tax --prune
  kura forget 3f2a91c0 8be01d77
  kura forget 3f2a91c0 --at 2031-12-31
`;

function keepCount(text: string): number {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is a number, or "unlimited".');
}

export function policyOf(options: Omit<Options, 'groupBy'>): RetentionPolicy {
  return {
    last: options.keepLast ?? NO_POLICY.last,
    hourly: options.keepHourly ?? NO_POLICY.hourly,
    daily: options.keepDaily ?? NO_POLICY.daily,
    weekly: options.keepWeekly ?? NO_POLICY.weekly,
    monthly: options.keepMonthly ?? NO_POLICY.monthly,
    yearly: options.keepYearly ?? NO_POLICY.yearly,
    within: options.keepWithin,
    tags: (options.keepTag ?? []).map((list) => list.split(',').map((tag) => tag.trim())),
  };
}

/** A rule that would leave nothing of a machine is more likely a slip than a wish. */
function refuseToDropAll(verdicts: readonly Verdict<SnapshotView>[], options: Options): void {
  if (options.unsafeAllowRemoveAll === true || verdicts.some(({ keep }) => keep)) return;
  const snapshot = verdicts[0]?.snapshot;
  if (snapshot === undefined) return;
  const what = `${snapshot.hostname}: ${pathsText(snapshot.paths)}`;
  throw new KuraError('refused', `this rule would drop every snapshot of ${what}`, {
    guidance: 'Add a --keep option, or say --unsafe-allow-remove-all if that is what you want.',
  });
}

interface Group {
  readonly verdicts: readonly Verdict<SnapshotView>[];
}

async function judge(
  snapshots: readonly SnapshotView[],
  options: Options,
  context: CommandContext,
): Promise<readonly Group[]> {
  const services = await context.services();
  const { delayMs, originals } = await services.retention(snapshots);
  const rule: RetentionRule = {
    policy: policyOf(options),
    groupBy: parseGroupKeys(options.groupBy),
    times: options.byDeviceTime === true ? 'device' : 'log',
  };
  const placed = snapshots.map((snapshot) => ({
    ...snapshot,
    originalLoggedMs: originals.get(snapshot.id),
  }));
  const judging = { calendar: context.zoneOffsetMs, delayMs, nowMs: context.clock.nowMs() };
  return judgeRetention(placed, rule, judging).map((verdicts) => {
    refuseToDropAll(verdicts, options);
    return { verdicts };
  });
}

function tellGroup({ verdicts }: Group, context: CommandContext): void {
  const { output } = context;
  const first = verdicts[0]?.snapshot;
  if (first === undefined) return;
  output.line(`${first.hostname}: ${pathsText(first.paths)}`);
  const rows = verdicts.toReversed();
  output.lines(
    tableLines(
      [
        { title: 'Id', cell: ({ snapshot }) => shortId(snapshot.id) },
        { title: 'Time', cell: ({ snapshot }) => localTime(snapshot.timeMs, context) },
        { title: 'Tags', cell: ({ snapshot }) => snapshot.tags.join(',') },
        { title: '', cell: ({ keep }) => (keep ? 'keep' : 'drop') },
        { title: 'Because', cell: ({ reasons }) => reasons.join(', ') },
      ],
      rows,
    ),
  );
  output.line();
}

function recordGroup({ verdicts }: Group, { output }: CommandContext): void {
  const first = verdicts[0]?.snapshot;
  if (first === undefined) return;
  const of = (keep: boolean) =>
    verdicts.filter((one) => one.keep === keep).map(({ snapshot }) => snapshotJson(snapshot));
  output.record({
    message_type: 'group',
    host: first.hostname,
    paths: snapshotJson(first).paths,
    tags: first.tags,
    keep: of(true),
    remove: of(false),
    reasons: verdicts
      .filter(({ keep }) => keep)
      .map(({ snapshot, reasons }) => ({ snapshot: snapshot.id, matches: reasons })),
  });
}

/** The owner signs now; the network forgets then, without this device. */
async function setTerm(
  ids: readonly SnapshotId[],
  { at = 0, dryRun }: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  if (at <= context.clock.nowMs()) {
    throw new KuraError('usage', 'the term is over already', {
      guidance: 'Without --at they are dropped now.',
    });
  }
  if (dryRun !== true && ids.length > 0) {
    await (await (await context.services()).removals()).setTerm(ids, at);
  }
  output.line(`${plural(ids.length, 'snapshot')} to be dropped at ${localTime(at, context)}`);
  output.record({
    ...{ message_type: 'term', dry_run: dryRun === true },
    ...{ snapshots: ids, at: new Date(at).toISOString() },
  });
}

async function run(
  names: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const isByRule = !isEmptyPolicy(policyOf(options));
  if (options.at !== undefined && (isByRule || options.prune === true)) {
    throw new KuraError('usage', '--at goes with ids only', {
      guidance: 'Name the snapshots that have a term.',
    });
  }
  if (isByRule === names.length > 0) {
    throw new KuraError(
      'usage',
      isByRule ? 'ids and --keep rules do not go together' : 'nothing says which snapshots to drop',
      { guidance: 'Name snapshots, or give a rule such as --keep-daily 7.' },
    );
  }
  const services = await context.services();
  const all = await services.snapshots();
  const groups = isByRule ? await judge(filterSnapshots(all, options), options, context) : [];
  for (const group of groups) {
    tellGroup(group, context);
    recordGroup(group, context);
  }
  const dropped = isByRule
    ? groups.flatMap(({ verdicts }) => verdicts.filter(({ keep }) => !keep))
    : selectSnapshots(all, names, options).map((snapshot) => ({ snapshot }));
  const ids = dropped.map(({ snapshot }) => snapshot.id);
  if (options.at !== undefined) return setTerm(ids, options, context);
  if (options.dryRun !== true && ids.length > 0) await services.forget(ids);
  const verb = options.dryRun === true ? 'would be dropped' : 'dropped';
  output.line(`${plural(ids.length, 'snapshot')} ${verb}`);
  output.record({ message_type: 'forgotten', dry_run: options.dryRun === true, snapshots: ids });
  if (options.prune === true && options.dryRun !== true) await prune(options, context);
}

export function register(command: Command, context: CommandContext): void {
  const keep = (flags: string, text: string): Option =>
    new Option(flags, text).argParser(keepCount);
  addFilterOptions(
    command
      .description('Drops snapshots, by rule or by id.')
      .argument('[snapshot...]', 'the beginnings of ids'),
  )
    .addOption(keep('-l, --keep-last <n>', 'keep the last n'))
    .addOption(keep('--keep-hourly <n>', 'keep the newest of each of n hours'))
    .addOption(keep('-d, --keep-daily <n>', 'keep the newest of each of n days'))
    .addOption(keep('-w, --keep-weekly <n>', 'keep the newest of each of n weeks'))
    .addOption(keep('-m, --keep-monthly <n>', 'keep the newest of each of n months'))
    .addOption(keep('-y, --keep-yearly <n>', 'keep the newest of each of n years'))
    .addOption(
      new Option(
        '--keep-within <span>',
        'keep what is not older than this: 1y6m, 30d, 12h',
      ).argParser(parseDuration),
    )
    .addOption(
      new Option('--keep-tag <tag[,tag…]>', 'keep what has all these tags (repeat it)').argParser(
        collect,
      ),
    )
    .addOption(
      new Option(
        '-g, --group-by <keys>',
        'what a rule looks at together: host, paths, tags',
      ).default('host,paths'),
    )
    .option('-n, --dry-run', 'say what would be dropped')
    .option('--prune', 'then remove what nothing needs any more')
    .addOption(
      new Option('--at <time>', 'not now, but at this time, without this device').argParser(
        parseTime,
      ),
    )
    .option('--by-device-time', 'count by what the records say, not by the log')
    .option('--unsafe-allow-remove-all', 'also when a rule leaves nothing');
  addPruneOptions(command)
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) => run(names, options, context));
}
