// Where an invitation comes from: a file, standard input, or the person. Whoever has it first is let in, so it is a
// secret until it was used; one among the arguments is taken, and said to be one that others can see.
import { KuraError } from '@kura/base';
import type { Command } from 'commander';
import { readInput, readInputFile } from './input-file.ts';
import type { Terminal } from './terminal.ts';

export interface InvitationOptions {
  /** "-": standard input. */
  readonly invitationFile?: string;
}

/** Of a command's context. */
export interface InvitationHost {
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly terminal: Terminal;
  readonly output: { warning(message: string): void };
}

const SCHEME = 'kura-invite:';
/** What a command prints beside an invitation has room as well. */
const MAX_FILE_BYTES = 16 * 1024;
const IN_THE_OPEN =
  'every user of this machine can read an invitation among the arguments; ' +
  'next time give --invitation-file FILE, or leave it out and be asked';

export function addInvitationOption(command: Command): Command {
  return command.option(
    '--invitation-file <file>',
    'a file with the invitation; "-" is standard input',
  );
}

/**
 * The word; nothing of it is checked. `argument`: what every user of the machine can read in the list of processes.
 * Throws `usage` if there is none, or two.
 */
export async function invitationFrom(
  argument: string | undefined,
  { invitationFile: file }: InvitationOptions,
  host: InvitationHost,
): Promise<string> {
  if (file !== undefined) {
    if (argument === undefined) return wordIn(await textOf(file, host), file);
    throw new KuraError('usage', 'an invitation among the arguments, and a file with one', {
      guidance: 'Give --invitation-file alone.',
    });
  }
  if (argument !== undefined) {
    host.output.warning(IN_THE_OPEN);
    return argument;
  }
  const answer = (await host.terminal.askSecret('Invitation: '))?.trim();
  if (answer !== undefined && answer !== '') return answer;
  throw new KuraError('usage', 'there is no invitation, and no terminal to ask for one', {
    guidance: 'Ask the operator for an invitation, and give --invitation-file FILE.',
  });
}

async function textOf(file: string, { stdin }: InvitationHost): Promise<string> {
  const form = { noun: 'file with the invitation', maxBytes: MAX_FILE_BYTES };
  const bytes =
    file === '-' ? await readInput(stdin(), form) : readInputFile({ path: file, ...form });
  return Buffer.from(bytes).toString('utf8');
}

function wordIn(text: string, file: string): string {
  const word = text.split(/\s+/).find((one) => one.startsWith(SCHEME));
  if (word !== undefined) return word;
  const where = file === '-' ? 'standard input' : `the file ${file}`;
  throw new KuraError('usage', `there is no invitation in ${where}`, {
    guidance: `It is one word that begins with ${SCHEME}.`,
  });
}
