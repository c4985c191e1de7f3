// `kura stats`: how many files and bytes.
import { formatBytes } from '@kura/base';
import { type Command, Option } from 'commander';
import { addReadingOptions, type ReadingOptions } from '../cli/options.ts';
import { selectSnapshots } from '../cli/select.ts';
import { STATS_MODES, type StatsMode } from './requests.ts';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options extends ReadingOptions {
  readonly mode: StatsMode;
}

const HELP = `
Modes:
  restore-size       files and bytes as they would be restored
  files-by-contents  each different content once
  raw-data           what lies in packs: sealed and compressed, one copy of each

Examples:
  kura stats latest
  kura stats --mode raw-data --json
`;

async function run(
  names: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const services = await context.services(options);
  const chosen = selectSnapshots(await services.snapshots(), names, options);
  const snapshots = chosen.map(({ id }) => id);
  const view = await services.stats({ snapshots, mode: options.mode });
  const { packs, chunks, uncompressedBytes } = view;
  output.line(`${plural(view.snapshotsCount, 'snapshot')}, ${options.mode}:`);
  if (options.mode !== 'raw-data') output.line(`  ${plural(view.totalFiles, 'file')}`);
  output.line(`  ${formatBytes(view.totalBytes)}`);
  if (packs !== undefined) output.line(`  ${plural(packs, 'pack')}`);
  if (chunks !== undefined) output.line(`  ${plural(chunks, 'chunk')}`);
  const ratio =
    uncompressedBytes === undefined || view.totalBytes === 0
      ? undefined
      : uncompressedBytes / view.totalBytes;
  if (ratio !== undefined) output.line(`  ${ratio.toFixed(2)} times smaller than its content`);
  output.record({
    mode: options.mode,
    snapshots_count: view.snapshotsCount,
    total_size: view.totalBytes,
    total_file_count: view.totalFiles,
    ...(packs === undefined ? {} : { total_pack_count: packs }),
    ...(chunks === undefined ? {} : { total_chunk_count: chunks }),
    ...(uncompressedBytes === undefined ? {} : { total_uncompressed_size: uncompressedBytes }),
    ...(ratio === undefined ? {} : { compression_ratio: Number(ratio.toFixed(4)) }),
  });
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Counts files and bytes of snapshots.')
      .argument('[snapshot...]', '"latest" or the beginning of an id (default: all)'),
  )
    .addOption(
      new Option('--mode <mode>', 'what to count').choices(STATS_MODES).default('restore-size'),
    )
    .addHelpText('after', HELP)
    .action((names: string[], options: Options) => run(names, options, context));
}
