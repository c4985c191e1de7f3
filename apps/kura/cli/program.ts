// The frame around every command: arguments in, exit code out. It knows the list of commands and nothing of
// what they do; everything that belongs to the process comes in as a Host, so that tests can be one.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Clock, KuraError } from '@kura/base';
import { Command, CommanderError, Help } from 'commander';
import { COMMANDS } from '../commands/index.ts';
import type {
  CommandContext,
  CommandEntry,
  CommandServices,
  OpenServices,
} from '../commands/types.ts';
import { EXIT, EXIT_MEANINGS, type ExitCode } from '../errors/exit-codes.ts';
import { printError } from '../errors/print.ts';
import { Output, type Sink } from '../output/output.ts';
import {
  JsonProgress,
  type ProgressSink,
  silentProgress,
  TerminalProgress,
} from '../output/progress.ts';
import { findHome } from './home.ts';
import {
  addGlobalOptions,
  type CardOption,
  type GlobalOptions,
  type MediumOption,
} from './options.ts';
import { secretsFrom } from './passphrase.ts';
import type { Terminal } from './terminal.ts';

/** The process around a command. */
export interface Host {
  readonly out: Sink;
  readonly err: Sink;
  /** Columns of the terminal that standard error is; undefined if it is none. */
  readonly errColumns: (() => number) | undefined;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly openServices: OpenServices;
  readonly writeBytes: (bytes: Uint8Array) => Promise<void>;
  readonly stdin: () => AsyncIterable<Uint8Array>;
  readonly zoneOffsetMs: (timeMs: number) => number;
  /** Aborted when the person wants to stop. */
  readonly signal: AbortSignal;
}

/** Everything that one call of `kura` opens. */
class Invocation {
  readonly #host: Host;
  readonly #globals: GlobalOptions;
  readonly #output: Output;
  readonly #progress: ProgressSink;
  #services: Promise<CommandServices> | undefined;
  exitCode: ExitCode = EXIT.done;

  constructor(host: Host, globals: GlobalOptions) {
    this.#host = host;
    this.#globals = globals;
    const json = globals.json === true;
    const quiet = globals.quiet === true;
    const { out, err } = host;
    this.#output = new Output({ out, err, json, quiet, verbose: globals.verbose === true });
    this.#progress = this.#openProgress(json, quiet);
    this.#output.beforeWrite = () => this.#progress.finish();
  }

  #openProgress(json: boolean, quiet: boolean): ProgressSink {
    const { err, errColumns, clock } = this.#host;
    if (quiet) return silentProgress;
    if (json) return new JsonProgress({ sink: err, clock });
    if (errColumns === undefined) return silentProgress;
    return new TerminalProgress({ sink: err, clock, columns: errColumns });
  }

  context(): CommandContext {
    const { clock, terminal, environment, writeBytes, stdin, zoneOffsetMs } = this.#host;
    return {
      ...{ clock, terminal, environment, writeBytes, stdin, zoneOffsetMs },
      output: this.#output,
      progress: this.#progress,
      home: this.#home(),
      services: (reading) => this.#open(reading),
      wholeProgram: () => wholeProgram(this.#host),
      exitWith: (code) => {
        this.exitCode = code;
      },
    };
  }

  #home(): string {
    const { environment } = this.#host;
    return findHome({
      option: this.#globals.kuraHome,
      variable: environment.KURA_HOME,
      dataHome: environment.XDG_DATA_HOME,
    });
  }

  #open({ card, medium = [] }: CardOption & MediumOption = {}): Promise<CommandServices> {
    const { environment, terminal, openServices, signal } = this.#host;
    this.#services ??= openServices({
      home: this.#home(),
      card: card === undefined ? undefined : resolve(card),
      media: medium.map((folder) => resolve(folder)),
      secrets: secretsFrom({
        file: this.#globals.passphraseFile,
        variable: environment.KURA_PASSPHRASE,
        terminal,
      }),
      progress: this.#progress,
      environment,
      signal,
      warn: (message) => this.#output.warning(message),
    });
    return this.#services;
  }

  async close(): Promise<void> {
    this.#progress.finish();
    const services = await this.#services?.catch(() => undefined); // its own caller saw the error
    await services?.close();
  }
}

function version(): string {
  const manifest = new URL('../../../package.json', import.meta.url);
  return String(JSON.parse(readFileSync(manifest, 'utf8')).version);
}

function exitCodeHelp(): string {
  const lines = EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`);
  return `\nExit codes:\n${lines.join('\n')}\n`;
}

/** The program with the names of all commands; their options come when one is called. */
function buildProgram(host: Host): Command {
  const program = addGlobalOptions(new Command('kura'))
    .description('Keeps your files safe from the disaster that takes your home.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .usage('COMMAND [OPTION…]')
    .addHelpText('after', '\nHelp on one command: kura help COMMAND')
    .addHelpText('after', exitCodeHelp())
    .exitOverride()
    .configureHelp({ showGlobalOptions: true, helpWidth: host.errColumns?.() ?? 100 })
    .configureOutput({
      writeOut: (text) => host.out.write(text),
      writeErr: () => undefined, // thrown as well, and printed once
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const { name, summary, group } of COMMANDS) {
    program.command(name).summary(summary).helpGroup(group);
  }
  return program;
}

async function define(entry: CommandEntry, command: Command, context: CommandContext) {
  const { register } = await entry.load();
  register(command, context);
}

/** Every command with its options and help, for completion and for tests of the whole. */
export async function wholeProgram(host: Host): Promise<Command> {
  const program = buildProgram(host);
  const context = new Invocation(host, {}).context();
  for (const entry of COMMANDS) {
    const command = program.commands.find((one) => one.name() === entry.name);
    if (command !== undefined) await define(entry, command, context);
  }
  return program;
}

/** "error: unknown option '--foo'\n(Did you mean --for?)" as one sentence and its remedy. */
function usageError(error: CommanderError, argv: readonly string[]): KuraError {
  const isUnfinished = error.code === 'commander.help'; // what to do was left out: `kura key`
  const text = isUnfinished ? 'the command line ends before it says what to do' : error.message;
  const [first = '', ...rest] = text.split('\n');
  const hint = /^\((.+)\)$/.exec(rest.join(' ').trim())?.[1];
  const name = COMMANDS.find((entry) => argv.includes(entry.name))?.name;
  const manual = name === undefined ? 'kura --help' : `kura help ${name}`;
  const message = first.replace(/^error: (command-argument value )?/, '').replace(/\.$/, '');
  return new KuraError('usage', message, {
    guidance: hint === undefined ? `See: ${manual}` : `${hint} See: ${manual}`,
  });
}

function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0;
}

/** `kura help COMMAND…` is `kura COMMAND… --help`; a command that nobody knows is left to be refused. */
function expandHelp(argv: readonly string[]): readonly string[] {
  const [first, name, ...rest] = argv;
  if (first !== 'help') return argv;
  if (name === undefined) return ['--help'];
  return COMMANDS.some((entry) => entry.name === name) ? [name, ...rest, '--help'] : [name];
}

function optionsBefore(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

async function dispatch(argv: readonly string[], host: Host): Promise<ExitCode> {
  const program = buildProgram(host);
  let invocation: Invocation | undefined;
  program.hook('preSubcommand', async (_, command) => {
    const entry = COMMANDS.find(({ name }) => name === command.name());
    if (entry === undefined) return;
    invocation = new Invocation(host, program.opts<GlobalOptions>());
    await define(entry, command, invocation.context());
  });
  try {
    await program.parseAsync([...expandHelp(argv)], { from: 'user' });
  } finally {
    await invocation?.close();
  }
  return invocation?.exitCode ?? EXIT.done;
}

/** Runs one command line. Never throws: what went wrong is printed and is in the exit code. */
export async function runKura(argv: readonly string[], host: Host): Promise<ExitCode> {
  const given = optionsBefore(argv);
  const json = given.includes('--json');
  const verbose = given.includes('--verbose') || given.includes('-v');
  try {
    if (argv.length === 0) {
      const program = buildProgram(host);
      host.err.write(new Help().formatHelp(program, program.createHelp()));
      return EXIT.usage;
    }
    return await dispatch(argv, host);
  } catch (error) {
    if (isHelp(error)) return EXIT.done;
    const cause = error instanceof CommanderError ? usageError(error, argv) : error;
    return printError(cause, host.err, { json, verbose });
  }
}
