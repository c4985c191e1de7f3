// `kura hazards map --svg FILE`: one picture of the world, the stores, what happens, and what moves.
import { readFileSync, writeFileSync } from 'node:fs';
import { asKuraError, isoTime } from '@kura/base';
import type { Command } from 'commander';
import { cityName } from '../wiring/network-view.ts';
import type { HazardDesk } from './desk.ts';
import { drawMap } from './map/draw-map.ts';
import type { Land } from './map/map-view.ts';

const HELP = `
The picture is one SVG file with nothing in it that is fetched: any browser shows it, and
every dot and area says its name when pointed at.

Examples:
  kura hazards map --svg world.svg
`;

const LAND = new URL('../../../data/hazards/land.json', import.meta.url);
/** More would be a picture of everything. */
const MAX_EVENTS = 400;
const MAX_MOVES = 200;

async function map(desk: HazardDesk, file: string): Promise<void> {
  const { output, clock } = desk.context;
  const { events, tables, moves } = await desk.look(async (port) => {
    const asked = { which: 'current', outlines: 'yes', limit: MAX_EVENTS } as const;
    const { events: found } = await port.events(asked);
    return {
      events: found,
      tables: await port.tables({}),
      moves: await port.moves({ which: 'open', limit: MAX_MOVES }),
    };
  });
  const stores = new Map(tables.flatMap(({ rows }) => rows.map((row) => [row.storeId, row])));
  const svg = drawMap({
    title: 'The world, as this network sees it',
    time: `${isoTime(clock.nowMs()).slice(0, 16).replace('T', ' ')} UTC`,
    stores: [...stores.values()].map((row) => ({ ...row, city: cityName(row.city) })),
    ...{ events, moves },
    land: JSON.parse(readFileSync(LAND, 'utf8')) as Land,
  });
  try {
    writeFileSync(file, svg);
  } catch (error) {
    throw asKuraError(error, `cannot write ${file}`);
  }
  const counts = { stores: stores.size, events: events.length, moves: moves.length };
  output.line(`${file}: ${counts.stores} stores, ${counts.events} events, ${counts.moves} moves`);
  output.record({ message_type: 'map', file, ...counts });
}

export function registerMap(command: Command, desk: HazardDesk): void {
  command
    .command('map')
    .description('draw world, stores, events and moves')
    .requiredOption('--svg <file>', 'where the picture goes')
    .addHelpText('after', HELP)
    .action(({ svg }: { readonly svg: string }) => map(desk, svg));
}
