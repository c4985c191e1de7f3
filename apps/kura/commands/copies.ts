// `kura copies`: in which cities the copies of each pack lie, under which ciphers, and why there.
import { formatBytes } from '@kura/base';
import type { Command } from 'commander';
import { addReadingOptions, type ReadingOptions } from '../cli/options.ts';
import { findSnapshot, shortId } from '../cli/select.ts';
import { paint } from '../output/style.ts';
import { addFindingOptions, type FindingOptions, findPack } from './find-pack.ts';
import { placeJson, placeText, plural } from './show.ts';
import type { CommandContext } from './types.ts';
import type { CopyView, PackView } from './views.ts';

const HELP = `
Without a snapshot all packs are shown, with one those that it needs. --verbose adds
why each store was chosen.

--find asks the stores themselves whether they hold a pack, named by its whole id, and
looks into no table; with --nearby it asks the local network, where stores answer whose
readers listen there: also such as were carried here. Nobody else learns what is asked.

Examples:
  kura copies latest
  kura copies --find 9f2c…e1 --card /media/stick/card
  kura copies --find 9f2c…e1 --nearby
  kura copies --json | jq -c '.copies[].city'
`;

function copyText(copy: CopyView): string {
  const text = `${copy.cityName} (${copy.cipher})`;
  return copy.state === 'held' ? text : paint('bad', `${text} ${copy.state}`);
}

function copyJson(copy: CopyView) {
  const { storeId, folder, cipher, state, reason } = copy;
  return { store: storeId, folder, ...placeJson(copy), cipher, state, reason };
}

function tell(pack: PackView, { output }: CommandContext): void {
  const size = formatBytes(pack.sizeBytes);
  const mark = pack.state === 'standing' ? '' : ` ${pack.state}`;
  const copies = pack.copies.map(copyText).join(', ');
  output.line(`${shortId(pack.packId)}  ${size.padStart(8)}${mark}  ${copies}`);
  if (!output.isVerbose) return;
  for (const copy of pack.copies) output.line(`          ${copy.cityName}: ${copy.reason}`);
}

async function run(
  name: string | undefined,
  filter: ReadingOptions,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const services = await context.services(filter);
  const snapshot =
    name === undefined ? undefined : findSnapshot(await services.snapshots(), name, filter);
  const perPlace = new Map<string, { copies: number; bytes: number }>();
  let packs = 0;
  for await (const pack of services.copies(snapshot?.id)) {
    packs++;
    tell(pack, context);
    output.record({
      pack_id: pack.packId,
      size: pack.sizeBytes,
      state: pack.state,
      copies: pack.copies.map(copyJson),
    });
    for (const copy of pack.copies) {
      const place = `${copy.folder} in ${placeText(copy)}`;
      const sum = perPlace.get(place) ?? { copies: 0, bytes: 0 };
      perPlace.set(place, { copies: sum.copies + 1, bytes: sum.bytes + pack.sizeBytes });
    }
  }
  output.line(plural(packs, 'pack'));
  for (const [place, { copies, bytes }] of perPlace) {
    output.line(`  ${place}: ${plural(copies, 'copy', 'copies')}, ${formatBytes(bytes)}`);
  }
}

export function register(command: Command, context: CommandContext): void {
  addReadingOptions(
    command
      .description('Shows in which cities the copies of each pack lie.')
      .argument('[snapshot]', '"latest" or the beginning of an id'),
  );
  addFindingOptions(command)
    .addHelpText('after', HELP)
    .action((name: string | undefined, options: FindingOptions) =>
      options.find === undefined
        ? run(name, options, context)
        : findPack(options.find, options, context),
    );
}
