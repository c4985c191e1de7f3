// `kura devices place` and `kura home`: where a member's data lies before it is saved. Copies keep away from it, and
// follow when it changes.
import { KuraError } from '@kura/base';
import type { Command } from 'commander';
import { placeJson, placeText } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import type { PlaceView } from '../commands/views.ts';
import { chosen, deviceJson } from './choose-device.ts';

const PLACE_HELP = `
Copies of what a device saves are kept away from where it is, and from your home. Say so
when a device stays elsewhere: at an office, in another country. As long as nobody says
anything it counts as at home. What it has saved already moves, which a network of your
own folders does with "kura moves run".

Without a device, this one. South of the equator, write -- before LAT,LON.

Examples:
  kura devices place osaka
  kura devices place 48.85,2.35 laptop
  kura devices place -- -33.9,151.2
  kura devices place --clear laptop
`;
const HOME_HELP = `
Copies are kept away from your home, at least 300 km where stores allow it. When you have
moved, say so: copies that are near it now move, which a network of your own folders does
with "kura moves run". South of the equator, write -- before LAT,LON.

Examples:
  kura home
  kura home osaka
  kura home -- -33.9,151.2
`;

interface PlaceOptions {
  readonly clear?: true;
}

/** With --clear the first argument is the device. */
function wishOf(words: readonly (string | undefined)[], { clear }: PlaceOptions) {
  const [first, second] = words;
  if (clear !== true && first !== undefined) return { place: first, named: second };
  if (clear === true && second === undefined) return { place: undefined, named: first };
  throw new KuraError('usage', clear ? 'a place and --clear exclude each other' : 'where is it?', {
    guidance: 'Write a city or LAT,LON, or --clear if it is at home again.',
  });
}

async function placeDevice(
  words: readonly (string | undefined)[],
  options: PlaceOptions,
  { output, services }: CommandContext,
): Promise<void> {
  const { place: text, named } = wishOf(words, options);
  const port = await (await services()).membership();
  const device = chosen(named, await port.devices());
  const place = await port.placeDevice(device.deviceId, text);
  const where = place === undefined ? 'at home' : `in ${placeText(place)}`;
  output.line(`${device.name} (${device.deviceId.slice(0, 8)}) is ${where}`);
  output.record({ message_type: 'placed', ...deviceJson({ ...device, place }) });
}

export function registerPlace(command: Command, context: CommandContext): void {
  command
    .command('place')
    .description('say where a device is that is not at home')
    .argument('[city|lat,lon]', 'where it is')
    .argument('[device]', 'its name, or the beginning of its id (default: this one)')
    .option('--clear', 'it is at home again')
    .addHelpText('after', PLACE_HELP)
    .action((place: string | undefined, device: string | undefined, options: PlaceOptions) =>
      placeDevice([place, device], options, context),
    );
}

function tellHome({ output }: CommandContext, home: PlaceView): void {
  output.line(`home is in ${placeText(home)}`);
  output.record({ home: placeJson(home) });
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Shows where you live, and says so after a move.')
    .argument('[city|lat,lon]', 'where you live now')
    .addHelpText('after', HOME_HELP)
    .action(async (place: string | undefined) => {
      const port = await (await context.services()).membership();
      tellHome(context, place === undefined ? await port.home() : await port.setHome(place));
    });
}
