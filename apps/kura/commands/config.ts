// `kura config`: looks at the configuration of a program that an operator runs, without running it.
import { resolve } from 'node:path';
import { KuraError } from '@kura/base';
import {
  exposedSecrets,
  loadProgram,
  type Origin,
  type ProgramConfig,
  readProgram,
  redact,
  showProblem,
} from '@kura/daemon';
import { keyOf } from '@kura/daemon/config/schema.ts';
import type { Command } from 'commander';
import type { CommandContext } from './types.ts';

const HELP = `
The file of a program is TOML. Every setting can be overridden by the environment:
KURA_STORE_LINE_MBIT for "line_mbit" in "[store]", KURA_STATE for "state" at the top.
Secrets do not stand in it, only the paths of files that hold them.

Examples:
  kura config validate /etc/kura/store.toml
  kura config show /etc/kura/store.toml
`;

interface Shown {
  readonly key: string;
  /** null: nothing is set, and nothing need be. */
  readonly value: string | number | boolean | null;
  readonly origin: string;
}

function originText(origin: Origin, file: string): string {
  if (origin.kind === 'default') return 'default';
  return origin.kind === 'file' ? `${file}:${origin.line}` : origin.variable;
}

/** Every setting by its key in the file: "state", "listen.address". */
function flatten(config: ProgramConfig): ReadonlyMap<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const [name, value] of Object.entries(config)) {
    if (typeof value !== 'object') flat.set(keyOf(name), value);
    else {
      for (const [inner, one] of Object.entries(value)) flat.set(`${name}.${keyOf(inner)}`, one);
    }
  }
  return flat;
}

function plain(value: unknown): Shown['value'] {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'string' ? redact(value) : null;
}

function show(given: string, { output, environment }: CommandContext): void {
  const file = resolve(given);
  const { value, origins } = loadProgram(file, environment);
  const flat = flatten(value);
  const settings = [...origins].map(
    ([key, origin]): Shown => ({
      key,
      value: plain(flat.get(key)),
      origin: originText(origin, file),
    }),
  );
  const width = Math.max(...settings.map(({ key }) => key.length));
  for (const { key, value: shown, origin } of settings) {
    output.line(`${key.padEnd(width)}  ${shown ?? '–'}  (${origin})`);
  }
  output.record({ file, role: value.role, settings: settings.map((one) => ({ ...one })) });
}

function validate(given: string, { output, environment }: CommandContext): void {
  const file = resolve(given);
  const { problems, loaded } = readProgram(file, environment);
  output.record({
    file,
    valid: loaded !== undefined,
    problems: problems.map(({ line, what }) => ({ line, what })),
  });
  if (loaded !== undefined) {
    for (const exposed of exposedSecrets(loaded)) output.warning(exposed);
    output.line(`${file}: the configuration of a ${loaded.value.role}, and in order`);
    return;
  }
  for (const problem of problems) output.line(showProblem(file, problem));
  const noun = problems.length === 1 ? 'one thing is' : `${problems.length} things are`;
  throw new KuraError('usage', `${noun} wrong in ${file}`);
}

export function register(command: Command, context: CommandContext): void {
  command
    .description('Checks and shows the configuration of a program that an operator runs.')
    .addHelpText('after', HELP);
  command
    .command('validate')
    .argument('<file>', 'the TOML file of a program')
    .description('say everything that is wrong with it')
    .action((file: string) => validate(file, context));
  command
    .command('show')
    .argument('<file>', 'the TOML file of a program')
    .description('show every value and where it comes from')
    .action((file: string) => show(file, context));
}
