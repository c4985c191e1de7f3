// `kura ls`: what is in a snapshot.
import type { Command } from 'commander';
import {
  addReadingOptions,
  type ReadingOptions,
  snapshotPath,
  splitSnapshotPath,
} from '../cli/options.ts';
import { findSnapshot, shortId } from '../cli/select.ts';
import { nodeJson, nodeLine } from './node-show.ts';
import { localTime, pathsText, proofText, snapshotJson } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options extends ReadingOptions {
  readonly long?: true;
  readonly humanReadable?: true;
  readonly recursive?: true;
}

const HELP = `
Without a path everything is listed; with one, what is directly in it.

Examples:
  kura ls latest
  kura ls -l latest /home/ann
  kura ls --recursive latest:/etc --json
`;

async function run(
  name: string,
  folders: readonly string[],
  options: Options,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const services = await context.services(options);
  const given = splitSnapshotPath(name);
  const snapshot = findSnapshot(await services.snapshots(), given.name, options);
  output.record({ message_type: 'snapshot', struct_type: 'snapshot', ...snapshotJson(snapshot) });
  const time = localTime(snapshot.timeMs, context);
  const proved = `last proved restorable: ${proofText(snapshot.proof, context)}`;
  const what = `snapshot ${shortId(snapshot.id)} of ${pathsText(snapshot.paths)} at ${time}`;
  output.note(`${what} (${proved}):`);
  const isWhole = folders.length === 0 && given.path === '/';
  const paths = folders.length === 0 ? [given.path] : folders.map(snapshotPath);
  const style = { isLong: options.long === true, humanReadable: options.humanReadable === true };
  for (const path of paths) {
    const entry = await services.entry(snapshot.id, path);
    const isDeep = isWhole || options.recursive === true;
    const nodes =
      entry.type === 'folder'
        ? services.list({ snapshot: snapshot.id, folder: path, isDeep })
        : [entry];
    for await (const node of nodes) {
      output.line(nodeLine(node, style, context));
      output.record(nodeJson(node));
    }
  }
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Lists what is in a snapshot.')
      .argument('<snapshot[:path]>', '"latest" or the beginning of an id')
      .argument('[path...]', 'folders in the snapshot'),
  )
    .option('-l, --long', 'with mode, owner, size and time')
    .option('--human-readable', 'sizes in KiB, MiB, GiB')
    .option('-r, --recursive', 'with everything below')
    .addHelpText('after', HELP)
    .action((name: string, folders: string[], options: Options) =>
      run(name, folders, options, context),
    );
}
