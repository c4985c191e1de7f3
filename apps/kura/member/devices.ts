// `kura devices`: the machines and the card that may act for a member of a network that somebody else runs.
import { KuraError } from '@kura/base';
import type { Command } from 'commander';
import { localTime } from '../commands/show.ts';
import type { CommandContext } from '../commands/types.ts';
import { tableLines } from '../output/table.ts';
import type { DeviceView } from './port.ts';

const HELP = `
A device that is removed is refused from then on, and a card opens no store any more
within a minute. What either has read already, it has. A removed device never comes
back; a removed card is replaced with: kura card renew

Examples:
  kura devices
  kura devices remove laptop
  kura devices remove 3f2a91c0
`;

function deviceJson({ deviceId, kind, name, addedMs, revokedMs, isThis }: DeviceView) {
  return {
    device: deviceId,
    kind,
    name,
    added: new Date(addedMs).toISOString(),
    removed: revokedMs === undefined ? null : new Date(revokedMs).toISOString(),
    this: isThis,
  };
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
        { title: 'Added', cell: ({ addedMs }) => localTime(addedMs, context) },
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

/** By its name, or by how its id begins. */
function chosen(named: string, devices: readonly DeviceView[]): DeviceView {
  const living = devices.filter(({ revokedMs }) => revokedMs === undefined);
  const found = living.filter(
    ({ deviceId, name }) =>
      name === named || (named.length >= MIN_ID && deviceId.startsWith(named)),
  );
  const [device, ...others] = found;
  if (device !== undefined && others.length === 0) return device;
  const what = device === undefined ? 'no device is' : 'several devices are';
  throw new KuraError('not_found', `${what} called "${named}"`, {
    guidance: 'See `kura devices`; the beginning of an id does as well.',
  });
}

/** Characters of an id that are taken for one. */
const MIN_ID = 4;

export function register(command: Command, context: CommandContext): void {
  command
    .description('Shows and removes the devices and the card of a member.')
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
}
