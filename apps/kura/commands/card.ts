// `kura card`: the folder with a member's keys, addresses and rights in a network that somebody else runs. Nothing
// secret of it is ever shown.
import { resolve } from 'node:path';
import { formatBytes, KuraError } from '@kura/base';
import type { Command } from 'commander';
import { replacementPassphrase } from '../cli/passphrase.ts';
import { shortId } from '../cli/select.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { paint } from '../output/style.ts';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';

const HELP = `
The card holds your keys under its passphrase, and where your stores are. A copy of it on
a stick, kept apart from this machine, is worth as much as the card itself: it opens with
the passphrase that the card has at that moment. With it alone, on any machine:
kura restore latest --card /media/stick/card --target DIR

For somebody who should be able to read and nothing else: a copy with --read-only, under
a passphrase of its own. It cannot save, forget, let a device in or open what is locked.

A card that was stolen: kura card renew. Every copy of the old one opens nothing any more
within a minute, and copies are made anew.

A network that was rebuilt after a loss asks for what came after its operator's last kit;
whatever you run first gives it back. Once more, or from another device: kura card give-back

Examples:
  kura card show
  kura card copy /media/stick/card
  kura card copy --read-only /media/second/card
  kura card move /media/stick/card
  kura card use /mnt/usb/card
  kura card verify
`;

async function show({ output, services }: CommandContext): Promise<void> {
  const card = await (await services()).card();
  output.line(`card ${card.cardId} in ${card.folder}`);
  output.line(`member ${card.memberId}, account ${card.account}`);
  output.line(`network ${card.networkId} at ${card.coordinators.join(', ')}`);
  const readable = card.stores.filter((store) => store.canBeReadAlone).length;
  const stores = plural(card.stores.length, 'store');
  output.line(`${stores}, ${readable} of them readable with the card`);
  for (const { city, storeId, pseudonym } of card.stores) {
    output.line(`  ${city} (${shortId(storeId)}): your name there is ${pseudonym}`);
  }
  output.line(`for a further device: ${card.network}`);
  output.record({
    folder: card.folder,
    card_id: card.cardId,
    member_id: card.memberId,
    account: card.account,
    network_id: card.networkId,
    network: card.network,
    coordinators: card.coordinators,
    stores: card.stores.map(({ storeId, city, readers, canBeReadAlone, pseudonym }) => ({
      store: storeId,
      member: pseudonym,
      city,
      readers,
      readable_with_card: canBeReadAlone,
    })),
  });
}

interface CopyOptions {
  readonly readOnly?: true;
  readonly newPassphraseFile?: string;
}

async function copy(folder: string, options: CopyOptions, context: CommandContext): Promise<void> {
  const { output } = context;
  const to = resolve(folder);
  const isReadOnly = options.readOnly === true;
  if (!isReadOnly && options.newPassphraseFile !== undefined) throw sameIsSame();
  const passphrase = (): Promise<string> =>
    replacementPassphrase(options.newPassphraseFile, context.terminal);
  const services = await context.services();
  const { files, bytes } = isReadOnly
    ? await services.copyReadingCard({ folder: to, passphrase: await passphrase() })
    : await services.copyCard(to);
  const whatFor = isReadOnly ? ' for reading only' : '';
  output.line(`${plural(files, 'file')}, ${formatBytes(bytes)}, copied to ${to}${whatFor}`);
  output.record({ message_type: 'copied', folder: to, files, bytes, read_only: isReadOnly });
}

function sameIsSame(): KuraError {
  return new KuraError('usage', 'a whole copy opens with the passphrase of the card', {
    guidance: 'Leave --new-passphrase-file out, or add --read-only.',
  });
}

async function move(folder: string, { output, services }: CommandContext): Promise<void> {
  const to = resolve(folder);
  const { files, bytes } = await (await services()).moveCard(to);
  output.line(`${plural(files, 'file')}, ${formatBytes(bytes)}, moved to ${to}`);
  output.record({ message_type: 'moved', folder: to, files, bytes });
}

async function use(folder: string, { output, services }: CommandContext): Promise<void> {
  const to = resolve(folder);
  await (await services()).useCard(to);
  output.line(`the card in ${to} is used from now on`);
  output.record({ message_type: 'used', folder: to });
}

async function verify(context: CommandContext): Promise<void> {
  const { output, services } = context;
  const card = await (await services()).verifyCard();
  const { receipts, events, sessions, packs } = card;
  const what = [plural(receipts, 'receipt'), plural(events, 'event'), plural(sessions, 'session')];
  output.line(`every file of the card opens: ${what.join(', ')}`);
  output.line(`the catalogues at the stores name ${plural(packs, 'pack')}`);
  for (const { city, copies, why } of card.stores) {
    const state = why === undefined ? paint('good', 'as it should be') : paint('bad', why);
    output.line(`  ${city}: ${plural(copies, 'copy', 'copies')}, ${state}`);
  }
  output.record({
    folder: card.folder,
    receipts,
    events,
    sessions,
    packs,
    stores: card.stores.map(({ storeId, city, copies, why }) => ({
      store: storeId,
      city,
      copies,
      why: why ?? null,
    })),
  });
  if (card.stores.some(({ why }) => why !== undefined)) context.exitWith(EXIT.failed);
}

async function accept({ output, services }: CommandContext): Promise<void> {
  const { before, now } = await (await services()).acceptLevel();
  output.line(
    before === now ? `the card says level ${now} already` : `level ${now}, was ${before}`,
  );
  output.record({ message_type: 'accepted', level: now, level_before: before });
}

async function renew({ output, services }: CommandContext): Promise<void> {
  await (await services()).renewCard();
  output.line('the card has a new key; copies of it with the old one open nothing any more');
  output.note('Make new copies: kura card copy DIR');
  output.record({ message_type: 'renewed' });
}

const DOUBTS: Readonly<Record<string, string>> = {
  missing: 'its store does not have it',
  other: 'its store has something else',
  away: 'its store is away',
  unknown: 'its store is not in the network',
};
const REFUSALS: Readonly<Record<string, string>> = {
  forgotten: 'it was forgotten',
  pack: 'no store has its record',
  log: 'it is not in the log',
};

async function giveBack(options: { finish?: boolean }, context: CommandContext): Promise<void> {
  const { output, services } = context;
  const given = await (await services()).giveBack(options.finish === true);
  const { packs, copies, dropped, snapshots, events, forgotten, unconfirmed, refused } = given;
  const inCopies = `${plural(packs, 'pack')} in ${plural(copies, 'copy', 'copies')}`;
  const history = `${plural(snapshots, 'snapshot')}, ${plural(events, 'event')} of custody`;
  output.line(`given back: ${inCopies}, ${history}`);
  if (dropped > 0) output.line(`${plural(dropped, 'pack')} that no store has are no longer listed`);
  for (const { city, copies: count, why } of unconfirmed) {
    output.line(
      `  ${city}: ${plural(count, 'copy', 'copies')} not confirmed: ${DOUBTS[why] ?? why}`,
    );
  }
  for (const { snapshotId, why } of refused) {
    output.line(`  snapshot ${shortId(snapshotId)} not taken: ${REFUSALS[why] ?? why}`);
  }
  if (!given.isEnded) output.warning('packs lie at stores that are away: run it again with them');
  output.record({
    message_type: 'given_back',
    ...{ packs, copies, dropped, snapshots, events, forgotten },
    unconfirmed: unconfirmed.map(({ storeId: store, ...rest }) => ({ store, ...rest })),
    refused: refused.map(({ snapshotId: snapshot, why }) => ({ snapshot, why })),
    ended: given.isEnded,
  });
  if (refused.length > 0 || !given.isEnded) context.exitWith(EXIT.failed);
}

export function register(command: Command, context: CommandContext): void {
  command.description('Looks after the card of a member.').addHelpText('after', HELP);
  command
    .command('show')
    .description('show what is on it; nothing secret')
    .action(() => show(context));
  command
    .command('copy')
    .description('make a second card, which the same passphrase opens')
    .argument('<dir>', 'a folder without a card')
    .option('--read-only', 'one that restores and can do nothing else, under a new passphrase')
    .option('--new-passphrase-file <file>', 'with --read-only: read the new one from a file')
    .action((folder: string, options: CopyOptions) => copy(folder, options, context));
  command
    .command('move')
    .description('take it to another folder; the old one is removed')
    .argument('<dir>', 'a folder without a card')
    .action((folder: string) => move(folder, context));
  command
    .command('use')
    .description('use the card that is in another folder now')
    .argument('<dir>', 'a folder with this card or a copy of it')
    .action((folder: string) => use(folder, context));
  command
    .command('verify')
    .description('open every file, and ask every store that it can read')
    .action(() => verify(context));
  command
    .command('accept')
    .description('take over the level that the network holds now')
    .action(() => accept(context));
  command
    .command('renew')
    .description('give it another key: what was stolen opens nothing any more')
    .action(() => renew(context));
  command
    .command('give-back')
    .description('tell a network that was rebuilt what only the card knows')
    .option('--finish', 'it waits no longer, whatever could not be confirmed')
    .action((options: { finish?: boolean }) => giveBack(options, context));
}
