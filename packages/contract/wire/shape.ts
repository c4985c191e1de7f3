// What may stand in a JSON body: a shape reads it, writes it and describes it, so that check, type and
// OpenAPI cannot differ. Every text, list and number has a bound that its author must name; what is not
// described is refused. Pure, and small enough to load in an agent.
import { KuraError } from '@kura/base';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Of fields that no shape knows: refused in requests, ignored in answers, where a newer version may say more. */
export type UnknownFields = 'refused' | 'ignored';

export interface Shape<T> {
  /** Throws `hostile`, naming `path`, unless `json` is of this shape; unknown fields are refused if left out. */
  read(json: unknown, path: string, unknownFields?: UnknownFields): T;
  write(value: T): unknown;
  readonly schema: JsonSchema;
  /** The field may be absent. */
  readonly isOptional?: true;
}

export type Infer<S> = S extends Shape<infer T> ? T : never;

/** Deeper bodies than this do not exist in the contract. */
const MAX_SHOWN_PATH = 200;

function fail(path: string, why: string): never {
  throw new KuraError('hostile', `${path.slice(0, MAX_SHOWN_PATH) || 'the body'} ${why}`);
}

export function text({ maxLength }: { readonly maxLength: number }): Shape<string> {
  return {
    schema: { type: 'string', maxLength },
    read: (json, path) => {
      if (typeof json !== 'string' || json.length > maxLength) {
        return fail(path, `is not a text of at most ${maxLength} characters`);
      }
      return json.isWellFormed() ? json : fail(path, 'is not Unicode');
    },
    write: (value) => value,
  };
}

export function whole({ min, max }: { readonly min: number; readonly max: number }): Shape<number> {
  return {
    schema: { type: 'integer', minimum: min, maximum: max },
    read: (json, path) =>
      typeof json === 'number' && Number.isSafeInteger(json) && json >= min && json <= max
        ? json
        : fail(path, `is not a whole number from ${min} to ${max}`),
    write: (value) => value,
  };
}

/** For places and risks: finite, within bounds. */
export function real({ min, max }: { readonly min: number; readonly max: number }): Shape<number> {
  return {
    schema: { type: 'number', minimum: min, maximum: max },
    read: (json, path) =>
      typeof json === 'number' && json >= min && json <= max
        ? json
        : fail(path, `is not a number from ${min} to ${max}`),
    write: (value) => value,
  };
}

export const timeMs = whole({ min: 0, max: Number.MAX_SAFE_INTEGER });

export const flag: Shape<boolean> = {
  schema: { type: 'boolean' },
  read: (json, path) => (typeof json === 'boolean' ? json : fail(path, 'is not true or false')),
  write: (value) => value,
};

/** A branded id, by the parser of `@kura/base` that makes it. */
export function hexId<T extends string>(
  parse: (text: string) => T,
  { hexLength }: { readonly hexLength: number },
): Shape<T> {
  return {
    schema: { type: 'string', pattern: `^[0-9a-f]{${hexLength}}$` },
    read: (json, path) => {
      if (typeof json !== 'string' || json.length !== hexLength || !/^[0-9a-f]+$/.test(json)) {
        return fail(path, `is not an id of ${hexLength} hexadecimal characters`);
      }
      return parse(json);
    },
    write: (value) => value,
  };
}

/** Bytes as base64url without padding; one text for the same bytes, never two. */
export function bytes(size: { readonly min: number; readonly max: number }): Shape<Uint8Array> {
  const maxLength = Math.ceil((size.max * 4) / 3);
  return {
    schema: { type: 'string', contentEncoding: 'base64url', maxLength },
    read: (json, path) => {
      if (typeof json !== 'string' || json.length > maxLength) return fail(path, 'is too long');
      const decoded = Buffer.from(json, 'base64url');
      if (decoded.toString('base64url') !== json) return fail(path, 'is not base64url');
      if (decoded.length < size.min || decoded.length > size.max) {
        return fail(path, `is not of ${size.min} to ${size.max} bytes`);
      }
      return new Uint8Array(decoded);
    },
    write: (value) =>
      Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64url'),
  };
}

export function choice<const T extends string>(values: readonly T[]): Shape<T> {
  return {
    schema: { type: 'string', enum: values },
    read: (json, path) =>
      values.find((value) => value === json) ?? fail(path, `is none of ${values.join(', ')}`),
    write: (value) => value,
  };
}

export function list<T>(
  of: Shape<T>,
  { maxItems }: { readonly maxItems: number },
): Shape<readonly T[]> {
  return {
    schema: { type: 'array', items: of.schema, maxItems },
    read: (json, path, unknownFields) => {
      if (!Array.isArray(json) || json.length > maxItems) {
        return fail(path, `is not a list of at most ${maxItems}`);
      }
      return json.map((item: unknown, index) => of.read(item, `${path}[${index}]`, unknownFields));
    },
    write: (value) => value.map((item) => of.write(item)),
  };
}

/** Of a field in a `record`: absent in JSON, `undefined` here. */
export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return {
    schema: of.schema,
    isOptional: true,
    read: (json, path, unknownFields) =>
      json === undefined ? undefined : of.read(json, path, unknownFields),
    write: (value) => (value === undefined ? undefined : of.write(value)),
  };
}

/** An object with these fields and no others. */
export function record<F extends Record<string, Shape<never> | Shape<unknown>>>(
  fields: F,
): Shape<{ readonly [Name in keyof F]: Infer<F[Name]> }> {
  type Value = { readonly [Name in keyof F]: Infer<F[Name]> };
  const entries = Object.entries(fields) as [string, Shape<unknown>][];
  const required = entries.filter(([, shape]) => shape.isOptional !== true).map(([name]) => name);
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(entries.map(([name, shape]) => [name, shape.schema])),
      required,
      additionalProperties: false,
    },
    read: (json, path, unknownFields = 'refused') => {
      if (typeof json !== 'object' || json === null || Array.isArray(json)) {
        return fail(path, 'is not an object');
      }
      const given = new Map<string, unknown>(Object.entries(json));
      const value = entries.map(([name, shape]) => [
        name,
        shape.read(given.get(name), path === '' ? name : `${path}.${name}`, unknownFields),
      ]);
      for (const name of unknownFields === 'refused' ? given.keys() : []) {
        if (!Object.hasOwn(fields, name)) fail(path, `has a field too many: ${name.slice(0, 40)}`);
      }
      return Object.fromEntries(value) as Value;
    },
    write: (value) =>
      Object.fromEntries(
        entries
          .map(([name, shape]) => [name, shape.write(value[name])] as const)
          .filter(([, json]) => json !== undefined),
      ),
  };
}
