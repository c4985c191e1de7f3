// Fields of files that strangers write for replays. Whatever is wrong is one sentence that names the place, as
// in `checks[2].by`; what nobody knows is remembered, so that a slip in a name does not pass in silence.
import { KuraError } from '@kura/base';
import { asObject, type JsonObject, parseJson } from '../feeds/formats/json.ts';
import { readTime } from '../feeds/formats/values.ts';

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_NAME = 100;

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

export function readObjectFile(bytes: Uint8Array, noun: string): JsonObject {
  return parseJson(bytes, `the ${noun}`, MAX_FILE_BYTES);
}

/** One object of such a file. */
export class Fields {
  readonly path: string;
  readonly #object: JsonObject;
  readonly #known = new Set<string>();

  constructor(value: unknown, path: string) {
    const object = asObject(value);
    if (object === undefined) throw wrong(path, 'must be an object');
    this.path = path;
    this.#object = object;
  }

  get object(): JsonObject {
    return this.#object;
  }

  at(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  #value(name: string): unknown {
    this.#known.add(name);
    const value = Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
    return value === null ? undefined : value;
  }

  /** Said to be nothing, in contrast to not said. */
  isNull(name: string): boolean {
    this.#known.add(name);
    return this.#object[name] === null;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** Fields for people: whatever they hold. */
  prose(...names: readonly string[]): void {
    for (const name of names) this.#known.add(name);
  }

  /** Names that were neither asked for nor are prose. */
  unknown(): string[] {
    return Object.keys(this.#object)
      .filter((name) => !this.#known.has(name))
      .map((name) => this.at(name.slice(0, MAX_NAME)));
  }

  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw wrong(this.at(name), 'is missing: it must be a text');
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    throw wrong(this.at(name), 'must be a text');
  }

  /** Milliseconds since 1970. */
  time(name: string): number {
    const timeMs = readTime(this.text(name));
    if (timeMs !== undefined) return timeMs;
    throw wrong(this.at(name), 'must be a time, as in 2018-09-05T18:08:30Z');
  }

  optionalTime(name: string): number | undefined {
    return this.has(name) ? this.time(name) : undefined;
  }

  number(name: string, bounds: Bounds): number {
    const value = this.optionalNumber(name, bounds);
    if (value === undefined) throw wrong(this.at(name), `is missing: it ${withinText(bounds)}`);
    return value;
  }

  optionalNumber(name: string, bounds: Bounds): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const isWithin = typeof value === 'number' && value >= bounds.least && value <= bounds.most;
    if (isWithin) return value;
    throw wrong(this.at(name), withinText(bounds));
  }

  optionalWhole(name: string, bounds: Bounds): number | undefined {
    const value = this.optionalNumber(name, bounds);
    if (value === undefined || Number.isInteger(value)) return value;
    throw wrong(this.at(name), 'must be a whole number');
  }

  oneOf<T extends string | number>(name: string, choices: readonly T[]): T {
    const value = this.#value(name);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw wrong(this.at(name), `must be one of ${choices.join(', ')}`);
  }

  list(name: string): readonly unknown[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value;
    throw wrong(this.at(name), 'must be a list');
  }

  /** A list of texts, or one text. */
  texts(name: string): string[] {
    if (typeof this.#value(name) === 'string') return [this.text(name)];
    return this.list(name).map((value, index) => {
      if (typeof value === 'string' && value !== '') return value;
      throw wrong(`${this.at(name)}[${index}]`, 'must be a text');
    });
  }
}

function withinText({ least, most }: Bounds): string {
  return most === Number.MAX_VALUE
    ? `must be a number of at least ${least}`
    : `must be a number from ${least} to ${most}`;
}

/** "`sites.tokyo` must be …" */
export function wrong(path: string, what: string): KuraError {
  return new KuraError('usage', `${path === '' ? 'the file' : `"${path}"`} ${what}`, {
    guidance: 'What a replay is made of: docs/design/replay.md.',
  });
}
