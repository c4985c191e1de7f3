// `kura serve`: runs one of the programs of a network from its file, and brings it into the network first.
import { resolve } from 'node:path';
import { KuraError } from '@kura/base';
import {
  exposedSecrets,
  loadProgram,
  PROGRAM_ROLES,
  type ProgramConfig,
  type ProgramRole,
  type WitnessConfig,
} from '@kura/daemon';
import { Argument, type Command } from 'commander';
import { addInvitationOption, type InvitationOptions, invitationFrom } from '../cli/invitation.ts';
import { wholeNumber } from '../cli/options.ts';
import type { ProgramSurroundings } from '../serve/programs.ts';
import type { CommandContext } from './types.ts';

interface ServeOptions extends InvitationOptions {
  readonly config?: string;
  readonly found?: true;
  readonly operator?: string;
  readonly copies: number;
  /** The invitation, or true: it comes from somewhere else. */
  readonly enrol?: string | true;
}

const HELP = `
A program reads one TOML file, by default /etc/kura/ROLE.toml (look at it with: kura
config show FILE), writes its log to standard error, and serves until it is asked to
end: SIGTERM, and a second one to end at once. SIGHUP reads certificates anew.

Before it serves for the first time it becomes part of a network, once: a coordinator
founds it, gateways and stores enrol with an invitation of its operator, which is asked
for or read from --invitation-file (- is standard input). A witness is founded by itself,
and belongs to nobody's network.

Examples:
  kura serve coordinator --found --operator ada
  kura serve store --enrol
  kura serve store --invitation-file invitation
  kura serve store --config /etc/kura/store.toml
  kura serve witness --found
`;

function load(role: ProgramRole, given: ServeOptions, context: CommandContext): ProgramConfig {
  const file = resolve(given.config ?? `/etc/kura/${role}.toml`);
  const loaded = loadProgram(file, context.environment);
  const { value } = loaded;
  if (value.role === role) {
    for (const exposed of exposedSecrets(loaded)) context.output.warning(exposed);
    return value;
  }
  throw new KuraError('usage', `${file} is the file of a ${value.role}, not of a ${role}`, {
    guidance: 'Name another file with --config.',
  });
}

/** `work` on the state folder of a program that must not run meanwhile. */
async function alone<T>(
  config: ProgramConfig,
  { output }: CommandContext,
  work: (surroundings: ProgramSurroundings) => Promise<T>,
): Promise<T> {
  const { lockStateOf, realSurroundings } = await import('../serve/run.ts');
  const surroundings = realSurroundings(config.role, { isVerbose: output.isVerbose });
  const lock = lockStateOf(config, surroundings);
  try {
    return await work(surroundings);
  } finally {
    lock.release();
  }
}

async function foundWitness(config: WitnessConfig, context: CommandContext): Promise<void> {
  const { foundWitness: make } = await import('../serve/programs.ts');
  const { output } = context;
  const { name } = config.witness;
  const key = await alone(config, context, (surroundings) => make(config, surroundings));
  output.line('The witness is founded. Tell the operators of logs its key, and how they reach it:');
  output.line(key);
  output.record({ message_type: 'founded', witness: name, key });
}

async function found(
  config: ProgramConfig,
  { operator, copies }: ServeOptions,
  context: CommandContext,
): Promise<void> {
  if (config.role === 'witness') return await foundWitness(config, context);
  if (operator === undefined) {
    throw new KuraError('usage', 'a network is founded with the name of its first operator', {
      guidance: 'Say --operator NAME.',
    });
  }
  const { foundNetwork } = await import('../serve/programs.ts');
  const { output } = context;
  const founding = { operator, copies };
  const invitation = await alone(config, context, (surroundings) =>
    foundNetwork(config, founding, surroundings),
  );
  output.line('The network is founded. This makes its first operator, once, within three days:');
  output.line(invitation);
  output.record({ message_type: 'founded', operator, invitation });
}

async function enrol(config: ProgramConfig, token: string, context: CommandContext): Promise<void> {
  const { enrolProgram } = await import('../serve/programs.ts');
  const { output } = context;
  await alone(config, context, (surroundings) => enrolProgram(config, token, surroundings));
  output.line(`The ${config.role} is enrolled. Start it with: kura serve ${config.role}`);
  output.record({ message_type: 'enrolled', role: config.role });
}

async function serve(
  role: ProgramRole,
  options: ServeOptions,
  context: CommandContext,
): Promise<void> {
  const config = load(role, options, context);
  if (options.found === true) return await found(config, options, context);
  const { enrol: given, invitationFile } = options;
  if (given !== undefined || invitationFile !== undefined) {
    const argument = given === true ? undefined : given;
    return await enrol(config, await invitationFrom(argument, options, context), context);
  }
  const { realSurroundings, serveToTheEnd } = await import('../serve/run.ts');
  const { isVerbose } = context.output;
  await serveToTheEnd(config, realSurroundings(role, { isVerbose }));
}

export function register(command: Command, context: CommandContext): void {
  addInvitationOption(command)
    .description('Runs a coordinator, gateway, store, reader or witness.')
    .addArgument(new Argument('<role>', 'what to run').choices(PROGRAM_ROLES))
    .option('--config <file>', 'its TOML file (default: /etc/kura/ROLE.toml)')
    .option('--found', 'found the network that this coordinator serves, or this witness, and end')
    .option('--operator <name>', 'with --found: the name of the first operator')
    .option('--copies <count>', 'with --found: copies of every pack', wholeNumber(2, 8), 2)
    .option('--enrol [invitation]', 'bring this gateway or store into a network, and end')
    .addHelpText('after', HELP)
    .action((role: ProgramRole, options: ServeOptions) => serve(role, options, context));
}
