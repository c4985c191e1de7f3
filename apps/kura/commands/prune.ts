// `kura prune`: removes from the stores what no snapshot needs any more.
import { formatBytes } from '@kura/base';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { byteCount, percentage } from '../cli/options.ts';
import type { UnusedLimit } from './requests.ts';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';

export interface PruneOptions {
  readonly maxUnused: UnusedLimit;
  readonly dryRun?: true;
}

/** restic's default, for the same reason: repacking all would cost more than it frees. */
const DEFAULT_UNUSED: UnusedLimit = { kind: 'share', share: 0.05 };

const HELP = `
A pack that nothing needs is marked, and removed once no running backup could still want
it. Packs that are mostly unused are repacked until no more than --max-unused of what is
stored is unused. Backups may run beside it.

Examples:
  kura prune --dry-run
  kura prune --max-unused 0%
`;

export function parseUnused(text: string): UnusedLimit {
  if (text === 'unlimited') return { kind: 'unlimited' };
  if (text.endsWith('%')) return { kind: 'share', share: percentage(text) };
  try {
    return { kind: 'bytes', bytes: byteCount(text) };
  } catch {
    throw new InvalidArgumentError('It is a share such as 5%, a size such as 2G, or "unlimited".');
  }
}

export function addPruneOptions(command: Command): Command {
  return command.addOption(
    new Option('--max-unused <limit>', 'how much may stay unused: 5%, 2G, unlimited')
      .argParser(parseUnused)
      .default(DEFAULT_UNUSED, '5%'),
  );
}

export async function prune(options: PruneOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const services = await context.services();
  const dryRun = options.dryRun === true;
  const view = await services.prune({ dryRun, maxUnused: options.maxUnused });
  const verb = dryRun ? ' (dry run: nothing was changed)' : '';
  output.line(
    `${view.packsUnused} of ${plural(view.packsTotal, 'pack')} unused, ` +
      `${view.packsRepacked} repacked, ${view.packsRemoved} removed${verb}`,
  );
  output.line(
    `${formatBytes(view.bytesFreed)} freed, ${formatBytes(view.bytesUnusedLeft)} unused left`,
  );
  if (view.packsWaiting > 0) {
    output.line(
      `${plural(view.packsWaiting, 'pack')} marked, waiting for a session that still runs`,
    );
  }
  output.record({
    message_type: 'prune',
    dry_run: dryRun,
    packs_total: view.packsTotal,
    packs_unused: view.packsUnused,
    packs_repacked: view.packsRepacked,
    packs_removed: view.packsRemoved,
    packs_waiting: view.packsWaiting,
    bytes_freed: view.bytesFreed,
    bytes_unused_left: view.bytesUnusedLeft,
  });
}

export function register(command: Command, context: CommandContext): void {
  addPruneOptions(
    command
      .description('Removes from the stores what no snapshot needs any more.')
      .option('-n, --dry-run', 'say what would be removed'),
  )
    .addHelpText('after', HELP)
    .action((options: PruneOptions) => prune(options, context));
}
