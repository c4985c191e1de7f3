// `kura dump`: the content of one file of a snapshot, to standard output.
import { displayName, KuraError } from '@kura/base';
import type { Command } from 'commander';
import {
  addReadingOptions,
  type ReadingOptions,
  snapshotPath,
  splitSnapshotPath,
} from '../cli/options.ts';
import { findSnapshot } from '../cli/select.ts';
import type { CommandContext } from './types.ts';

interface Options extends ReadingOptions {
  readonly acceptOlder?: true;
}

const HELP = `
Examples:
  kura dump latest /home/ann/notes.txt
  kura dump latest:/shop.sql | psql shop
`;

async function run(
  given: { readonly name: string; readonly path: string | undefined },
  filter: Options,
  context: CommandContext,
): Promise<void> {
  const services = await context.services(filter);
  const split = splitSnapshotPath(given.name);
  const snapshot = findSnapshot(await services.snapshots(), split.name, filter);
  const path = given.path === undefined ? split.path : snapshotPath(given.path);
  const entry = await services.entry(snapshot.id, path);
  if (entry.type !== 'file') {
    throw new KuraError('usage', `${displayName(path)} is not a file`, {
      guidance: 'Name one file; `kura restore` brings folders back.',
    });
  }
  const acceptOlder = filter.acceptOlder === true;
  await services.dump({ snapshot: snapshot.id, path, acceptOlder, write: context.writeBytes });
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Writes one file of a snapshot to standard output.')
      .argument('<snapshot[:path]>', '"latest" or the beginning of an id')
      .argument('[path]', 'the file in the snapshot'),
  )
    .option('--accept-older', 'go on although the history is not as it is known here')
    .addHelpText('after', HELP)
    .action((name: string, path: string | undefined, options: Options) =>
      run({ name, path }, options, context),
    );
}
