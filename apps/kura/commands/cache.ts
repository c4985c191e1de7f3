// `kura cache`: the local cache and index. Losing them loses nothing: they come back from the stores.
import { formatBytes } from '@kura/base';
import type { Command } from 'commander';
import { plural } from './show.ts';
import type { CommandContext, CommandServices } from './types.ts';
import type { CacheView } from './views.ts';

const HELP = `
The cache makes listing and the next backup fast. It is sealed, and can always be
deleted: what is missing is read again from the stores.
`;

function tell(view: CacheView, { output }: CommandContext): void {
  const { folder, indexBytes, packBytes, indexedPacks, freedBytes } = view;
  output.line(folder);
  output.line(`  index: ${plural(indexedPacks, 'pack')}, ${formatBytes(indexBytes)}`);
  output.line(`  folders of snapshots: ${formatBytes(packBytes)}`);
  if (freedBytes > 0) output.line(`  ${formatBytes(freedBytes)} freed`);
  output.record({
    folder,
    index_bytes: indexBytes,
    pack_bytes: packBytes,
    indexed_packs: indexedPacks,
    freed_bytes: freedBytes,
  });
}

export function register(command: Command, context: CommandContext): void {
  const action = (work: (services: CommandServices) => Promise<CacheView>) => async () => {
    tell(await work(await context.services()), context);
  };
  command.description('Shows, clears or rebuilds the local cache.').addHelpText('after', HELP);
  command
    .command('show', { isDefault: true })
    .description('show where it is and how large')
    .action(action((services) => services.cache()));
  command
    .command('clear')
    .description('delete it')
    .action(action((services) => services.clearCache()));
  command
    .command('rebuild')
    .description('read it again from the stores')
    .action(action((services) => services.rebuildCache()));
}
