// Reads a configuration: TOML, then the environment over it, every value with where it came from. Everything
// that is wrong is found at once, each with its line.
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { asKuraError, KIB, KuraError } from '@kura/base';
import { parse, TomlError } from 'smol-toml';
import { nearest } from './nearest.ts';
import { type ConfigSchema, keyOf, type Settings, variableOf } from './schema.ts';
import type { Given, Setting } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a value came from. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly line: number }
  | { readonly kind: 'environment'; readonly variable: string };

export interface ConfigProblem {
  /** 0: of the file as a whole, or of the environment. */
  readonly line: number;
  readonly what: string;
}

export interface LoadedConfig<T> {
  readonly value: T;
  /** By key as in the file: "state", "listen.address". */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Files that hold secrets, by the same keys. */
  readonly secretFiles: ReadonlyMap<string, string>;
}

export interface ReadConfig<T> {
  /** undefined if there are problems. */
  readonly loaded: LoadedConfig<T> | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** A file of settings is some two kilobytes. */
const MAX_FILE_BYTES = 256 * KIB;

type Table = Readonly<Record<string, unknown>>;

function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

/** Line of each key: "listen.address" → 7. TOML is parsed elsewhere; this only looks for where a key stands. */
function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let prefix = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = /^\s*\[\s*(?<name>[\w-]+)\s*\]/.exec(line)?.groups?.name;
    if (header !== undefined) {
      prefix = `${header}.`;
      lines.set(header, index + 1);
    }
    const key = /^\s*(?<key>[\w-]+)\s*=/.exec(line)?.groups?.key;
    if (key !== undefined && !lines.has(prefix + key)) lines.set(prefix + key, index + 1);
  }
  return lines;
}

class Reading {
  readonly problems: ConfigProblem[] = [];
  readonly origins = new Map<string, Origin>();
  readonly secretFiles = new Map<string, string>();
  readonly #lines: ReadonlyMap<string, number>;
  readonly #folder: string;
  readonly #environment: Environment;

  constructor(text: string, folder: string, environment: Environment) {
    this.#lines = linesOf(text);
    this.#folder = folder;
    this.#environment = environment;
  }

  problem(what: string, key?: string): void {
    this.problems.push({ line: (key === undefined ? undefined : this.#lines.get(key)) ?? 0, what });
  }

  unknownKeys(table: Table, known: readonly string[], sectionName?: string): void {
    for (const key of Object.keys(table)) {
      if (known.includes(key)) continue;
      const meant = nearest(key, known);
      const hint = meant === undefined ? `known here: ${known.join(', ')}` : `"${meant}"?`;
      const full = sectionName === undefined ? key : `${sectionName}.${key}`;
      this.problem(`"${full}" is not known; ${hint}`, full);
    }
  }

  settings(table: Table, settings: Settings, sectionName?: string): Record<string, unknown> {
    const entries = Object.entries(settings) as [string, Setting<unknown>][];
    return Object.fromEntries(
      entries.map(([name, setting]) => [name, this.#one(table, setting, { name, sectionName })]),
    );
  }

  /** Whether the environment names a setting of this section. */
  isSet(settings: Settings, sectionName: string): boolean {
    return Object.keys(settings).some(
      (name) => this.#environment[variableOf(sectionName, name)] !== undefined,
    );
  }

  #one(
    table: Table,
    setting: Setting<unknown>,
    { name, sectionName }: { readonly name: string; readonly sectionName: string | undefined },
  ): unknown {
    const key = keyOf(name);
    const full = sectionName === undefined ? key : `${sectionName}.${key}`;
    const variable = variableOf(sectionName, name);
    const text = this.#environment[variable];
    if (text !== undefined) {
      this.origins.set(full, { kind: 'environment', variable });
      return this.#read(setting, setting.fromText(text), { full, shown: variable });
    }
    const given = Object.hasOwn(table, key) ? table[key] : undefined;
    if (given !== undefined && given !== null) {
      this.origins.set(full, { kind: 'file', line: this.#lines.get(full) ?? 0 });
      return this.#read(setting, given as Given, { full, shown: full });
    }
    if (setting.fallback === undefined) {
      this.problem(`"${full}" is missing: it must be ${setting.form}`, sectionName);
      return undefined;
    }
    this.origins.set(full, { kind: 'default' });
    return setting.fallback.value;
  }

  #read(
    setting: Setting<unknown>,
    given: Given,
    { full, shown }: { readonly full: string; readonly shown: string },
  ): unknown {
    const value = setting.read(given, this.#folder);
    if (value === undefined) this.problem(`"${shown}" must be ${setting.form}`, full);
    else if (setting.isSecret === true) this.secretFiles.set(full, String(value));
    return value;
  }
}

function keysOf(settings: Settings): string[] {
  return Object.keys(settings).map(keyOf);
}

function parseToml(text: string): { table: Table } | { problem: ConfigProblem } {
  try {
    return { table: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const what = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '') ?? '';
    return { problem: { line: error.line, what: `this is not TOML: ${what}` } };
  }
}

/** `text` stood in a file in `folder`. Never throws for what a person wrote. */
export function readConfig<T>(
  text: string,
  schema: ConfigSchema<T>,
  { folder, environment }: { readonly folder: string; readonly environment: Environment },
): ReadConfig<T> {
  const parsed = parseToml(text);
  if ('problem' in parsed) return { loaded: undefined, problems: [parsed.problem] };
  const { table } = parsed;
  const reading = new Reading(text, folder, environment);
  const names = Object.keys(schema.sections);
  reading.unknownKeys(table, [...keysOf(schema.top), ...names]);
  const value = reading.settings(table, schema.top);
  for (const [name, { settings, isOptional }] of Object.entries(schema.sections)) {
    const given = table[name] ?? {};
    const isGiven = table[name] !== undefined || reading.isSet(settings, name);
    if (!isTable(given)) reading.problem(`"${name}" must be a section`, name);
    else if (isGiven || !isOptional) {
      reading.unknownKeys(given, keysOf(settings), name);
      value[name] = reading.settings(given, settings, name);
    } else value[name] = undefined;
  }
  if (reading.problems.length === 0) {
    for (const what of schema.rules(value as T)) reading.problem(what);
  }
  const { problems, origins, secretFiles } = reading;
  return problems.length > 0
    ? { loaded: undefined, problems }
    : { loaded: { value: value as T, origins, secretFiles }, problems };
}

/** Throws `usage` or `io` with the path in its sentence. */
export function readConfigText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MAX_FILE_BYTES) {
      throw new KuraError('usage', `${file} is larger than any configuration`);
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const known = asKuraError(error, `cannot read the configuration ${file}`);
    if (known.guidance !== undefined) throw known;
    throw new KuraError(known.code, known.message, {
      guidance: 'Name the file of the program, or look whether you may read it.',
      cause: error,
    });
  }
}

export function showProblem(file: string, { line, what }: ConfigProblem): string {
  return line === 0 ? `${file}: ${what}` : `${file}:${line}: ${what}`;
}

/** Throws `usage` with everything that is wrong. */
export function loadConfig<T>(
  file: string,
  schema: ConfigSchema<T>,
  environment: Environment,
): LoadedConfig<T> {
  const text = readConfigText(file);
  const { loaded, problems } = readConfig(text, schema, { folder: dirname(file), environment });
  if (loaded !== undefined) return loaded;
  const shown = problems.map((problem) => showProblem(file, problem));
  throw new KuraError('usage', shown.join('; '), {
    guidance: `Look at it with: kura config validate ${file}`,
  });
}
