// `kura up`: a whole network on this machine, for a look around, until Ctrl-C. What is printed first is what somebody
// needs to become its member.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isoTime } from '@kura/base';
import type { Command } from 'commander';
import { wholeNumber } from '../cli/options.ts';
import { EXIT } from '../errors/exit-codes.ts';
import { tableLines } from '../output/table.ts';
import type { RunningProgram, UpNetwork } from '../up/up-network.ts';
import { plural } from './show.ts';
import type { CommandContext } from './types.ts';

interface Options {
  readonly gateways: number;
}

const KURA = fileURLToPath(new URL('../../../kura', import.meta.url));
/** Something to save that every installation has. */
const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url));
const MAX_GATEWAYS = 4;

const HELP = `
FOLDER gets everything: the files of a coordinator, gateways, three stores (one without
any port, two with readers), two witnesses, their state, and the home of an operator. Each
program is a process of its own, on ports that were free, with its log beside its file.
Nothing is given to the network of the machine.

Copies on one machine are worth nothing, and witnesses of one's own prove nothing; this
shows how a network is used and run.
Ctrl-C ends all programs, a second one at once. The same command starts them again.

Examples:
  kura up ~/kura-look
  kura up --gateways 2 --json ~/kura-look
`;

async function up(given: string, { gateways }: Options, context: CommandContext): Promise<void> {
  const { output, environment } = context;
  const { realSurroundings } = await import('../serve/run.ts');
  const { lockState } = await import('../serve/state-lock.ts');
  const { UpFolder } = await import('../up/up-folder.ts');
  const { UpNetwork } = await import('../up/up-network.ts');
  const { processSignals } = await import('@kura/daemon');
  const { systemProcesses } = await import('@kura/coordinator');
  const surroundings = realSurroundings('up', { isVerbose: output.isVerbose });
  const { clock, random } = surroundings;
  const folder = new UpFolder(resolve(given));
  const processes = systemProcesses();
  const lock = lockState({ folder: folder.path, processes, clock, random });
  const network = new UpNetwork({
    ...{ folder, gateways, environment, surroundings, clock, random },
    onDeath: (name, code) => {
      const how = code === null ? 'was killed' : `has ended with ${code}`;
      output.warning(`${name} ${how}; its log: ${folder.logOf(name)}`, { program: name });
    },
  });
  let stopped: Promise<void> | undefined;
  const disarm = processSignals(process).on('stop', () => {
    if (stopped !== undefined) return network.stopAtOnce();
    output.note('Ending all programs; once more to end them at once.');
    stopped = network.stop();
  });
  try {
    await network.start();
    const member = folder.nextMember();
    show(await network.inviteMember(), { member, folder, network }, context);
    await network.ended();
    output.record({ message_type: 'ended', folder: folder.path });
    if (stopped === undefined) context.exitWith(EXIT.failed);
  } finally {
    await (stopped ?? network.stop());
    disarm();
    lock.release();
  }
}

interface Shown {
  readonly member: { readonly account: string; readonly home: string };
  readonly folder: { readonly path: string; readonly operatorHome: string };
  readonly network: UpNetwork;
}

function show(
  { invitation, untilMs }: { readonly invitation: string; readonly untilMs: number },
  { member, folder, network }: Shown,
  { output }: CommandContext,
): void {
  const kura = quoted(KURA);
  const home = `${kura} --kura-home ${quoted(member.home)}`;
  // By a pipe from the shell itself: no other user sees it in the list of processes.
  const asked = `--invitation-file - --account ${member.account} --home Tokyo`;
  const join = `echo ${quoted(invitation)} | ${home} join ${asked}`;
  const programs = network.running;
  output.record({
    message_type: 'up',
    folder: folder.path,
    operator_home: folder.operatorHome,
    invitation,
    until: isoTime(untilMs),
    join,
    programs: programs.map(({ name, role, pid = null, health = null }) => ({
      ...{ name, role, pid, health },
    })),
  });
  output.line(
    `A network runs in ${folder.path}, in ${plural(programs.length, 'process', 'processes')}:`,
  );
  output.lines(tableLines(COLUMNS, programs));
  output.line();
  output.line('In another terminal, this makes you its member, once:');
  output.line();
  output.line(join);
  output.line(`${home} backup ${quoted(DOCS)}`);
  output.line(`${home} restore latest --target ${quoted(`${folder.path}/back`)}`);
  output.line();
  output.line('And this is what its operator sees:');
  output.line();
  output.line(`${kura} --kura-home ${quoted(folder.operatorHome)} operator stores list`);
  output.flush();
  output.note('Ctrl-C ends it, and the same command starts it again.');
}

const COLUMNS = [
  { title: 'Program', cell: ({ name }: RunningProgram) => name },
  { title: 'Process', cell: ({ pid }: RunningProgram) => String(pid ?? '') },
  {
    title: 'Health',
    cell: ({ health }: RunningProgram) => (health === undefined ? '' : `http://${health}/ready`),
  },
] as const;

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Runs a whole network on this machine, for a look around, until Ctrl-C.')
    .argument('<folder>', 'empty, or one of an earlier `kura up`')
    .option(
      '--gateways <n>',
      'how many gateways a new network has',
      wholeNumber(1, MAX_GATEWAYS),
      1,
    )
    .addHelpText('after', HELP)
    .action((folder: string, options: Options) => up(folder, options, context));
}
