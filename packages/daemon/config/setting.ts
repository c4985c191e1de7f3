// One setting of a configuration file: how it may be written, in the file and in the environment, and what it
// is then. A value that does not fit is one sentence; where it stood is added by `load.ts`.
import { isAbsolute, join } from 'node:path';
import { parseAddress } from '@kura/wire/address.ts';

/** What TOML has for a single value. */
export type Given = string | number | bigint | boolean | object;

export interface Setting<T> {
  /** "a whole number from 1 to 9": completes "it must be …". */
  readonly form: string;
  /** undefined: it does not fit. `folder`: of the file, from which relative paths count. */
  read(given: Given, folder: string): T | undefined;
  /** From the environment everything is text. */
  fromText(text: string): Given;
  /** Absent: it has to be given. */
  readonly fallback?: { readonly value: T };
  /** Names a file that holds a secret: nobody else on the machine should be able to read it. */
  readonly isSecret?: true;
}

export type ValueOf<S> = S extends Setting<infer T> ? T : never;

const asText = (text: string): Given => text;
const asNumber = (text: string): Given => (/^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text);

export function word({ maxLength }: { readonly maxLength: number }): Setting<string> {
  return {
    form: `a text of 1 to ${maxLength} characters`,
    read: (given) =>
      typeof given === 'string' && given.length > 0 && given.length <= maxLength
        ? given
        : undefined,
    fromText: asText,
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): Setting<T> {
  return {
    form: `one of ${choices.map((one) => `"${one}"`).join(', ')}`,
    read: (given) => choices.find((one) => one === given),
    fromText: asText,
  };
}

export function number({
  min,
  max,
}: {
  readonly min: number;
  readonly max: number;
}): Setting<number> {
  return {
    form: `a number from ${min} to ${max}`,
    read: (given) =>
      typeof given === 'number' && given >= min && given <= max ? given : undefined,
    fromText: asNumber,
  };
}

export function wholeNumber(range: {
  readonly min: number;
  readonly max: number;
}): Setting<number> {
  const plain = number(range);
  return {
    ...plain,
    form: `a whole number from ${range.min} to ${range.max}`,
    read: (given, folder) => (Number.isSafeInteger(given) ? plain.read(given, folder) : undefined),
  };
}

/** A list of texts: in the environment separated by semicolons. */
export function texts({
  maxItems,
  maxLength,
}: {
  readonly maxItems: number;
  readonly maxLength: number;
}): Setting<readonly string[]> {
  const one = word({ maxLength });
  return {
    form: `a list of at most ${maxItems} texts`,
    read: (given, folder) => {
      if (!Array.isArray(given) || given.length > maxItems) return undefined;
      const read = given.map((item: Given) => one.read(item, folder));
      return read.every((item) => item !== undefined) ? read : undefined;
    },
    fromText: (text) =>
      text
        .split(';')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

export const yesOrNo: Setting<boolean> = {
  form: 'true or false',
  read: (given) => (typeof given === 'boolean' ? given : undefined),
  fromText: (text) => (text === 'true' ? true : text === 'false' ? false : text),
};

const MAX_PATH_CHARACTERS = 4096;

/** Absolute when read: relative ones count from the folder of the file. */
export const path: Setting<string> = {
  form: 'the path of a file or folder',
  read: (given, folder) => {
    const isPath =
      typeof given === 'string' &&
      given !== '' &&
      given.length <= MAX_PATH_CHARACTERS &&
      !given.includes('\0');
    if (!isPath) return undefined;
    return isAbsolute(given) ? given : join(folder, given);
  },
  fromText: asText,
};

export const secretPath: Setting<string> = { ...path, isSecret: true };

/** "host:port", kept as text. */
export const address: Setting<string> = {
  form: 'an address such as "gw1.example.org:7443"',
  read: (given) => {
    if (typeof given !== 'string') return undefined;
    try {
      parseAddress(given);
      return given;
    } catch {
      return undefined; // `form` says what is missing
    }
  },
  fromText: asText,
};

/** Of one of these schemes, or the path of a file if `orPath`. */
export function url(
  schemes: readonly string[],
  { orPath = false }: { readonly orPath?: boolean } = {},
): Setting<string> {
  const form = `a URL that begins with ${schemes.map((one) => `${one}://`).join(' or ')}`;
  return {
    form: orPath ? `${form}, or the path of a file` : form,
    read: (given, folder) => {
      if (typeof given !== 'string' || given.length > MAX_PATH_CHARACTERS) return undefined;
      const scheme = /^(?<scheme>[a-z][a-z0-9+.-]*):\/\//.exec(given)?.groups?.scheme;
      if (scheme === undefined) return orPath ? path.read(given, folder) : undefined;
      return schemes.includes(scheme) && URL.canParse(given) ? given : undefined;
    },
    fromText: asText,
  };
}

/** The same, with `value` where the file says nothing. */
export function withDefault<T>(setting: Setting<T>, value: T): Setting<T> {
  return { ...setting, fallback: { value } };
}

/** The same; undefined where the file says nothing. */
export function maybe<T>(setting: Setting<T>): Setting<T | undefined> {
  return { ...setting, fallback: { value: undefined } };
}
