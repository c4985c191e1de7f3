// `kura devices`: the machines and the card that may act for a member, and where they are. In a network of one's own
// folders there is one.
import type { Command } from 'commander';
import { localTime, placeText } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { tableLines } from '../output/table.ts';
import { chosen, deviceJson } from './choose-device.ts';
import { registerPlace } from './places.ts';
import type { DeviceView } from './port.ts';

const HELP = `
A device that is removed is refused from then on, and a card opens no store any more
within a minute. What either has read already, it has. A removed device never comes
back; a removed card is replaced with: kura card renew

Examples:
  kura devices
  kura devices place osaka
  kura devices remove laptop
  kura devices remove 3f2a91c0
`;

/** A card saves nothing, so it is nowhere. */
function whereOf({ kind, place, revokedMs }: DeviceView): string {
  if (kind === 'card' || revokedMs !== undefined) return '';
  return place === undefined ? 'at home' : placeText(place);
}

async function list(context: CommandContext): Promise<void> {
  const { output, services } = context;
  const devices = await (await (await services()).membership()).devices();
  for (const device of devices) output.record(deviceJson(device));
  const stateOf = ({ revokedMs, isThis }: DeviceView): string => {
    if (revokedMs !== undefined) return `removed ${localTime(revokedMs, context)}`;
    return isThis ? 'this one' : '';
  };
  output.lines(
    tableLines(
      [
        { title: 'Id', cell: ({ deviceId }) => deviceId.slice(0, 8) },
        { title: 'Kind', cell: ({ kind }) => kind },
        { title: 'Name', cell: ({ name }) => name },
        { title: 'Where', cell: whereOf },
        {
          title: 'Added',
          cell: ({ addedMs }) => (addedMs === undefined ? '' : localTime(addedMs, context)),
        },
        { title: '', cell: stateOf },
      ],
      devices,
    ),
  );
}

async function remove(named: string, { output, services }: CommandContext): Promise<void> {
  const port = await (await services()).membership();
  const device = chosen(named, await port.devices());
  await port.removeDevice(device.deviceId);
  output.line(`${device.name} (${device.deviceId.slice(0, 8)}) is removed`);
  output.record({ message_type: 'removed', ...deviceJson(device) });
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Shows, places and removes the devices and the card of a member.')
    .addHelpText('after', HELP);
  command
    .command('list', { isDefault: true })
    .description('show them, with those that were removed')
    .action(() => list(context));
  command
    .command('remove')
    .description('send one away, for good')
    .argument('<device>', 'its name, or the beginning of its id')
    .action((device: string) => remove(device, context));
  registerPlace(command, context);
}
