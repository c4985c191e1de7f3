// The command line of whatever proves something: `--help` ends the program with 0, what it does not understand with 2,
// before anything has begun.
import { parseArgs } from 'node:util';

/** By its name, what it takes and is: "N: attacks, 1,000 unless given". One without a word is not shown. */
export type ProofOptions<Name extends string> = Readonly<Record<Name, string>>;

export interface Proof<Name extends string> {
  /** As `npm run` has it. */
  readonly name: string;
  /** One sentence. */
  readonly proves: string;
  readonly options: ProofOptions<Name>;
}

/** What was given, as text; the others are undefined. */
export function readOptions<Name extends string>(
  proof: Proof<Name>,
): Partial<Record<Name, string>> {
  const value = { type: 'string' } as const;
  const named = Object.fromEntries(Object.keys(proof.options).map((name) => [name, value]));
  try {
    const help = { type: 'boolean', short: 'h' } as const;
    const { help: isHelp, ...given } = parseArgs({ options: { ...named, help } }).values;
    if (isHelp !== true) return given as Partial<Record<Name, string>>;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${proof.name}: ${why}\n${usageOf(proof)}\n`);
    process.exit(2);
  }
  const lines = shown(proof).map(([name, text]) => `  --${name} ${text}`);
  process.stdout.write(`${usageOf(proof)}\n\n${proof.proves}\n\n${lines.join('\n')}\n`);
  process.exit(0);
}

function shown({ options }: Proof<string>): readonly (readonly [string, string])[] {
  return Object.entries(options).filter(([, text]) => text !== '');
}

function usageOf(proof: Proof<string>): string {
  const all = shown(proof).map(([name, text]) => `[--${name} ${text.split(':')[0]}]`);
  return `Usage: npm run ${proof.name} -- ${all.join(' ')}`;
}
