// JSON from strangers. Values are looked up by name and type; a field of another type counts as absent,
// and no field is ever called, iterated or assigned to.
import { KuraError } from '@kura/base';
import { MAX_FEED_BYTES } from '../fetch/limits.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export function parseJson(bytes: Uint8Array, noun: string, maxBytes = MAX_FEED_BYTES): JsonObject {
  if (bytes.length > maxBytes) {
    throw new KuraError('too_large', `${noun} has ${bytes.length} bytes, ${maxBytes} at most`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new KuraError('corrupt', `${noun} is no JSON`, { cause: error });
  }
  const object = asObject(value);
  if (object === undefined) throw new KuraError('corrupt', `${noun} is no JSON object`);
  return object;
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

function ownField(object: JsonObject | undefined, name: string): unknown {
  return object !== undefined && Object.hasOwn(object, name) ? object[name] : undefined;
}

export function objectIn(object: JsonObject | undefined, name: string): JsonObject | undefined {
  return asObject(ownField(object, name));
}

export function listIn(object: JsonObject | undefined, name: string): readonly unknown[] {
  const value = ownField(object, name);
  return Array.isArray(value) ? value : [];
}

/** Empty if absent or no text. */
export function textIn(object: JsonObject | undefined, name: string): string {
  const value = ownField(object, name);
  return typeof value === 'string' ? value.trim() : '';
}

export function textsIn(object: JsonObject | undefined, name: string): string[] {
  return listIn(object, name).filter((value) => typeof value === 'string');
}

/** A finite number, or a text that is one: USGS products write "6.6". */
export function numberIn(object: JsonObject | undefined, name: string): number | undefined {
  const value = ownField(object, name);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || !/^\s*[+-]?\d{1,15}(?:\.\d{1,40})?\s*$/.test(value))
    return undefined;
  return Number(value);
}

/** True for `true` and "true": GDACS writes the latter. */
export function truthIn(object: JsonObject | undefined, name: string): boolean {
  const value = ownField(object, name);
  return value === true || value === 'true';
}
