// `kura audit`: whether what was entrusted is still there, asked again and again.
import type { Command } from 'commander';
import type { CommandContext } from '../commands/types.ts';
import { registerAuditActs } from './acts.ts';
import { AuditDesk } from './desk.ts';
import { registerAuditLook } from './look.ts';
import { registerAuditMine } from './mine.ts';
import { registerValidity } from './validity.ts';

const HELP = `
Examples:
  kura audit status
  kura audit --mine
  kura audit run --round
  kura audit history
  kura audit validity
`;

export function register(command: Command, context: CommandContext): void {
  const desk = new AuditDesk(context);
  command
    .description('Asks stores to prove that they have what they were given, and shows the answers.')
    .addHelpText('after', HELP);
  registerAuditMine(command, context);
  registerAuditLook(command, desk);
  registerAuditActs(command, desk);
  registerValidity(command, desk);
}
