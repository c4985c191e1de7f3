// `kura card`: the folder with a member's keys, addresses and rights in a network that somebody else runs. Nothing
// secret of it is ever shown.
import { resolve } from 'node:path';
import { formatBytes } from '@kura/base';
import type { Command } from 'commander';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';

const HELP = `
The card holds your keys under its passphrase, and where your stores are. A copy of it on
a stick, kept apart from this machine, is worth as much as the card itself: it opens with
the passphrase that the card has at that moment.

Examples:
  kura card show
  kura card copy /media/stick/card
`;

async function show({ output, services }: CommandContext): Promise<void> {
  const card = await (await services()).card();
  output.line(`card ${card.cardId} in ${card.folder}`);
  output.line(`member ${card.memberId}, account ${card.account}`);
  output.line(`network ${card.networkId} at ${card.coordinators.join(', ')}`);
  const readable = card.stores.filter((store) => store.canBeReadAlone).length;
  const stores = plural(card.stores.length, 'store');
  output.line(`${stores}, ${readable} of them readable with the card`);
  output.record({
    folder: card.folder,
    card_id: card.cardId,
    member_id: card.memberId,
    account: card.account,
    network_id: card.networkId,
    coordinators: card.coordinators,
    stores: card.stores.map(({ storeId, city, readers, canBeReadAlone }) => ({
      store: storeId,
      city,
      readers,
      readable_with_card: canBeReadAlone,
    })),
  });
}

async function copy(folder: string, { output, services }: CommandContext): Promise<void> {
  const to = resolve(folder);
  const { files, bytes } = await (await services()).copyCard(to);
  output.line(`${plural(files, 'file')}, ${formatBytes(bytes)}, copied to ${to}`);
  output.record({ message_type: 'copied', folder: to, files, bytes });
}

export function register(command: Command, context: CommandContext): void {
  command.description('Shows and copies the card of a member.').addHelpText('after', HELP);
  command
    .command('show')
    .description('show what is on it; nothing secret')
    .action(() => show(context));
  command
    .command('copy')
    .description('make a second card, which the same passphrase opens')
    .argument('<dir>', 'a folder without a card')
    .action((folder: string) => copy(folder, context));
}
