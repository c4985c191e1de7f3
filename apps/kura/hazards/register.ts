// `kura hazards`: what the network knows of the world, and what it did about it.
import type { Command } from 'commander';
import type { CommandContext } from '../commands/types.ts';
import { HazardDesk } from './desk.ts';
import { registerFeeds } from './feeds.ts';
import { registerList } from './list.ts';
import { registerMap } from './map.ts';
import { registerReplay } from './replay.ts';
import { registerAt } from './risk.ts';

const HELP = `
Feeds of agencies become events, events become risk per store and level, risk decides
where data lies. "kura risk" shows the tables, "kura moves" what follows from them.

Examples:
  kura hazards
  kura hazards map --svg world.svg
  kura hazards at 2027-04-01 --level 2
  kura hazards replay data/hazards/replay/hokkaido-2018.json
`;

export function register(command: Command, context: CommandContext): void {
  const desk = new HazardDesk(context);
  command
    .description('Shows what happens in the world, and what of it reaches a store.')
    .addHelpText('after', HELP);
  registerList(command, desk);
  registerAt(command, desk);
  registerMap(command, desk);
  registerFeeds(command, desk);
  registerReplay(command, context);
}
