// JSON that can be hashed: one text per value. Keys are sorted by UTF-16 code units, there is no white space,
// and numbers are whole (a subset of RFC 8785). Reading refuses every other spelling of the same value.
import { assert, KuraError } from '@kura/base';

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Nothing that Kura hashes is nested deeper; recursion stays bounded on hostile input. */
const MAX_DEPTH = 16;

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    assert(Number.isSafeInteger(value) && !Object.is(value, -0), 'canonical numbers are whole');
    return String(value);
  }
  if (typeof value === 'string') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const field = value[key];
    if (field !== undefined) fields.push(`${JSON.stringify(key)}:${canonicalJson(field)}`);
  }
  return `{${fields.join(',')}}`;
}

/** Throws `refused`, naming `noun`, unless `text` is exactly what `canonicalJson` writes. */
export function parseCanonicalJson(text: string, noun: string): JsonValue {
  const refuse = (why: string, cause?: unknown): never => {
    throw new KuraError('refused', `the ${noun} is refused: ${why}`, { cause });
  };
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    return refuse('it is not JSON', error);
  }
  if (!isCanonical(value, MAX_DEPTH) || canonicalJson(value) !== text) {
    refuse('it is not written in the canonical way');
  }
  return value;
}

/** JSON.parse knows numbers that the canonical form has not, and depths that a stack has not. */
function isCanonical(value: JsonValue, depthLeft: number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (value === null || typeof value !== 'object') return true;
  if (depthLeft === 0) return false;
  const parts = isList(value) ? value : Object.values(value);
  return parts.every((part) => isCanonical(part, depthLeft - 1));
}
