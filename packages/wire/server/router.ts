// From method, path and query to an endpoint and its parameters. Paths have one spelling: printable ASCII
// without escapes, so nothing has to be decoded, and nothing can be spelled twice.

import { assert, KuraError } from '@kura/base';
import type { Endpoint } from '@kura/contract/wire/endpoint.ts';
import type { Shape } from '@kura/contract/wire/shape.ts';
import type { EndpointTable } from './handler.ts';

/** Letters, digits and what ids, names and numbers need; no "%", nothing that separates. */
const SEGMENT = /^[A-Za-z0-9._~-]+$/;
const DOTS = /^\.+$/;
const FIELD = /^(?<name>[A-Za-z][A-Za-z0-9]*)=(?<value>[A-Za-z0-9._~-]*)$/;
const DECIMAL = /^(?:0|[1-9]\d{0,15})$/;
const MAX_QUERY_FIELDS = 16;

interface Segment {
  readonly text: string;
  readonly isParameter: boolean;
  /** All that is left of the path: only the last one. */
  readonly isRest: boolean;
}

interface Route {
  readonly endpoint: Endpoint;
  readonly segments: readonly Segment[];
}

/** The path is right, the method is not. */
export class WrongMethod extends KuraError {
  readonly allowed: readonly string[];

  constructor(method: string, allowed: readonly string[]) {
    super('hostile', `${method.slice(0, 20)} is not how this is asked`, {
      guidance: `It is asked by ${allowed.join(' or ')}.`,
    });
    this.allowed = allowed;
  }
}

export interface Routed {
  readonly endpoint: Endpoint;
  readonly params: Readonly<Record<string, string>>;
}

function hostile(what: string): never {
  throw new KuraError('hostile', what);
}

function compile(endpoint: Endpoint): Route {
  const segments = endpoint.path
    .slice(1)
    .split('/')
    .map((text): Segment => {
      const [, name, rest] = /^\{(\w+)(\.\.\.)?\}$/.exec(text) ?? [];
      assert(
        name === undefined || name in endpoint.parameters,
        `${endpoint.name} names its parameters`,
      );
      const isRest = rest !== undefined;
      return name === undefined
        ? { text, isParameter: false, isRest }
        : { text: name, isParameter: true, isRest };
    });
  assert(!segments.slice(0, -1).some(({ isRest }) => isRest), 'only the last segment is a rest');
  for (const shape of Object.values(endpoint.query)) {
    const kind = String(shape.schema.type);
    assert(['string', 'integer', 'boolean'].includes(kind), `a query of ${endpoint.name} is plain`);
  }
  return { endpoint, segments };
}

function segmentsOf(path: string): string[] {
  if (!path.startsWith('/')) hostile('a path begins with "/"');
  const segments = path.slice(1).split('/');
  for (const one of segments) {
    if (!SEGMENT.test(one) || DOTS.test(one))
      hostile('the path has a spelling that is not allowed');
  }
  return segments;
}

function fits(segments: readonly Segment[], given: readonly string[]): boolean {
  const isOpen = segments.at(-1)?.isRest === true;
  return isOpen ? given.length >= segments.length : given.length === segments.length;
}

export class Router {
  /** Fixed words before parameters, so that "/packs/record" is no pack. */
  readonly #routes: readonly Route[];

  constructor(table: EndpointTable) {
    const weight = ({ segments }: Route): string =>
      segments.map(({ isParameter }) => (isParameter ? '1' : '0')).join('');
    const routes = Object.values(table).map(compile);
    this.#routes = routes.sort((a, b) => (weight(a) < weight(b) ? -1 : 1));
    const seen = new Set(routes.map(({ endpoint }) => `${endpoint.method} ${endpoint.path}`));
    assert(seen.size === routes.length, 'two endpoints of one path and method');
  }

  /** Throws `hostile` if there is no such path, `WrongMethod` if there is, but for another method. */
  route(method: string, path: string): Routed {
    const given = segmentsOf(path);
    const allowed: string[] = [];
    for (const { endpoint, segments } of this.#routes) {
      if (!fits(segments, given)) continue;
      if (!segments.every((one, at) => one.isParameter || one.text === given[at])) continue;
      if (endpoint.method !== method) {
        allowed.push(endpoint.method);
        continue;
      }
      const named = segments.flatMap(({ text, isParameter, isRest }, at) =>
        isParameter
          ? [[text, isRest ? given.slice(at).join('/') : (given[at] ?? '')] as const]
          : [],
      );
      return { endpoint, params: Object.fromEntries(named) };
    }
    if (allowed.length > 0) throw new WrongMethod(method, allowed);
    return hostile('this service answers no such path');
  }
}

/** Text of a path or query as the JSON that its shape reads. */
function asJson(text: string, shape: Shape<never> | Shape<unknown>, name: string): unknown {
  const { type } = shape.schema;
  if (type === 'integer') {
    return DECIMAL.test(text) ? Number(text) : hostile(`${name} is not a decimal number`);
  }
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

type Shapes = Endpoint['query'];

export function readFields(
  given: Readonly<Record<string, string>>,
  shapes: Shapes,
): Readonly<Record<string, unknown>> {
  const fields = Object.entries(shapes).map(([name, shape]) => {
    const text = Object.hasOwn(given, name) ? given[name] : undefined;
    const json = text === undefined ? undefined : asJson(text, shape, name);
    return [name, shape.read(json, name)] as const;
  });
  return Object.fromEntries(fields);
}

/** "a=1&b=2": each known, each once. */
export function readQuery(query: string, shapes: Shapes): Readonly<Record<string, unknown>> {
  const given = new Map<string, string>();
  const parts = query === '' ? [] : query.split('&');
  if (parts.length > MAX_QUERY_FIELDS) hostile('the query has too many fields');
  for (const part of parts) {
    const { name, value } = FIELD.exec(part)?.groups ?? {};
    if (name === undefined || value === undefined || !Object.hasOwn(shapes, name)) {
      hostile('the query has a field or spelling that is not allowed');
    }
    if (given.has(name)) hostile(`the query says ${name} twice`);
    given.set(name, value);
  }
  return readFields(Object.fromEntries(given), shapes);
}
