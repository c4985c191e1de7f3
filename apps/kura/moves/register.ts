// `kura moves`: what the network moves, and what people say about it.
import type { Command } from 'commander';
import type { CommandContext } from '../commands/types.ts';
import { registerMoveActs } from './acts.ts';
import { registerMoveLook } from './look.ts';

const HELP = `
Copies move when something is feared where they lie, when a store is emptied, when you
move, or your level changes. Nothing is removed because of an alert.

Examples:
  kura moves
  kura moves run
  kura moves forbid jp-east
  kura moves log --json
`;

export function register(command: Command, context: CommandContext): void {
  command
    .description('Moves copies out of harm, and says where they may lie.')
    .addHelpText('after', HELP);
  registerMoveLook(command, context);
  registerMoveActs(command, context);
}
