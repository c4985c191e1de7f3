// `kura copies --find`: which stores hold a pack, asked of the stores or of the local network, never of the tables.
import { KuraError, type PackId, packId, SECOND_MS } from '@kura/base';
import type { Command } from 'commander';
import type { ReadingOptions } from '../cli/options.ts';
import { shortId } from '../cli/select.ts';
import { EXIT } from '../errors/exit-codes.ts';
import type { FindPackRequest } from './requests.ts';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';

export interface FindingOptions extends ReadingOptions {
  readonly find?: string;
  readonly nearby?: boolean;
  readonly interface?: string;
  readonly wait: string;
}

/** A neighbour that answers at all answers within this. */
const WAIT_S = 2;
const MAX_WAIT_S = 600;

export function addFindingOptions(command: Command): Command {
  return command
    .option('--find <pack>', 'ask the stores who holds this pack: its whole id')
    .option('--nearby', 'with --find: ask the local network')
    .option('--interface <address>', 'with --nearby: on this address of this machine only')
    .option('--wait <seconds>', 'with --nearby: how long neighbours may take', String(WAIT_S));
}

function nearbyOf({ interface: address, wait }: FindingOptions): FindPackRequest['nearby'] {
  const seconds = Number(wait);
  if (!(seconds > 0 && seconds <= MAX_WAIT_S)) {
    throw new KuraError('usage', `--wait ${wait} is no number of seconds`, {
      guidance: `At most ${MAX_WAIT_S}.`,
    });
  }
  const on = address === undefined ? {} : { addresses: [address] };
  return { ...on, waitMs: seconds * SECOND_MS };
}

/** The tables, which could make a whole id of its beginning, are not asked. */
function wholeId(pack: string): PackId {
  try {
    return packId(pack);
  } catch (cause) {
    throw new KuraError('usage', `"${pack}" is not the whole id of a pack`, {
      guidance: 'It has 64 hexadecimal characters: kura copies --json shows them.',
      cause,
    });
  }
}

/** `pack`: the whole id. Ends with 1 if no store holds it. */
export async function findPack(
  pack: string,
  options: FindingOptions,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const nearby = options.nearby === true ? nearbyOf(options) : undefined;
  const request = { packId: wholeId(pack), nearby };
  const { how, holders, silent } = await (await context.services(options)).findPack(request);
  for (const { cityName, where } of holders) output.line(`${cityName}: ${where}`);
  const stores = `${plural(holders.length, 'store')}${how === 'nearby' ? ' nearby' : ''}`;
  output.line(`pack ${shortId(request.packId)}: ${stores}`);
  for (const { cityName, why } of silent) output.warning(`${cityName} could not be asked: ${why}`);
  output.record({
    ...{ pack_id: request.packId, how },
    holders: holders.map(({ storeId: store, cityName: city_name, where }) => {
      return { store, city_name, where };
    }),
    silent: silent.map(({ storeId: store, cityName: city_name, why }) => {
      return { store, city_name, why };
    }),
  });
  if (holders.length === 0) context.exitWith(EXIT.failed);
}
