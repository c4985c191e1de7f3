// `kura receipts`: the proofs of custody.
import type { Command } from 'commander';
import type { CommandContext } from '../commands/types.ts';
import { registerExport } from './export.ts';
import { registerList } from './list.ts';
import { registerVerify } from './verify.ts';

const HELP = `
A receipt says what is kept, where and since when, or what happened to it: it was moved,
repaired, deleted, a key was changed. It is signed, its place in an append-only log is
proved, and witnesses of other operators confirm that the log shows everybody the same.

Examples:
  kura receipts
  kura receipts show latest
  kura receipts export --output proofs
  kura receipts verify proofs/receipts.jsonl
`;

export function register(command: Command, context: CommandContext): void {
  command
    .description('Shows, checks and hands out the signed proofs of custody.')
    .addHelpText('after', HELP);
  registerList(command, context);
  registerVerify(command, context);
  registerExport(command, context);
}
