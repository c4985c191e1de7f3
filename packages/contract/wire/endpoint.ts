// An endpoint as data: all that server, client and OpenAPI need to know of it. What it does is its
// handler's; who may ask is said here, and judged at the edge before a body is read.
import type { Infer, Shape } from './shape.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/**
 * nobody: no certificate is looked at · token: the body's one-time token decides · key: any certificate,
 * also a self-made one, plus a ticket or grant over its key · the others: a role of the network.
 */
export type Who = 'nobody' | 'token' | 'key' | 'device' | 'gateway' | 'store' | 'operator' | 'any';

/** Bytes as they are, with their length in the head; never held whole unless a limit says how large. */
export interface RawBody {
  readonly kind: 'raw';
  readonly maxBytes: number;
  /** Their SHA-256 is in the head; not of leaves and copies, whose Merkle root is their digest. */
  readonly isDigested: boolean;
  /** The sender waits for `100 Continue`: the answer may come without a body having been sent. */
  readonly isAwaited: boolean;
  /** Of an answer that others read as well; octets if left out. */
  readonly type?: string;
  /** What caches between may do with an answer; nothing is said if left out. */
  readonly cacheControl?: string;
}

export interface JsonBody<T> {
  readonly kind: 'json';
  readonly shape: Shape<T>;
  readonly maxBytes: number;
}

export interface NoBody {
  readonly kind: 'none';
}

/** `101`: the connection changes its roles; no body, no further request of this side. */
export interface Upgrade {
  readonly kind: 'upgrade';
  readonly protocol: string;
}

export type Body = RawBody | JsonBody<never> | JsonBody<unknown> | NoBody;

export interface Endpoint {
  /** Verb and noun, as in the handler's name: "receiveCopy". */
  readonly name: string;
  readonly method: Method;
  /** "/v1/copies/{copy}/table": each {name} is in `parameters`; a last {name...} is all that is left, with its "/". */
  readonly path: string;
  readonly who: Who;
  readonly parameters: Readonly<Record<string, Shape<never> | Shape<unknown>>>;
  /** Numbers arrive as decimal text and are read as such. */
  readonly query: Readonly<Record<string, Shape<never> | Shape<unknown>>>;
  readonly request: Body;
  readonly answer: Body | Upgrade;
  /** The same call again changes nothing: a client may repeat it after a lost connection. */
  readonly isIdempotent: boolean;
  /** Until the answer's head; bodies have their own pace. */
  readonly deadlineMs: number;
}

export type BodyOf<B> =
  B extends JsonBody<infer T> ? T : B extends RawBody ? Uint8Array : undefined;

export type FieldsOf<F> = { readonly [Name in keyof F]: Infer<F[Name]> };

export const NONE: NoBody = { kind: 'none' };
export const DEFAULT_DEADLINE_MS = 30_000;
/** Larger: a stranger's body costs memory. Smaller: pages need more calls. */
export const DEFAULT_JSON_BYTES = 256 * 1024;

export function json<T>(shape: Shape<T>, maxBytes: number = DEFAULT_JSON_BYTES): JsonBody<T> {
  return { kind: 'json', shape, maxBytes };
}

export function raw(
  maxBytes: number,
  options: Partial<Omit<RawBody, 'kind' | 'maxBytes'>> = {},
): RawBody {
  return { kind: 'raw', maxBytes, isDigested: true, isAwaited: false, ...options };
}

/** Of leaves, tables and copies. */
export const UNDIGESTED = { isDigested: false } as const;

type Defaults = 'parameters' | 'query' | 'request' | 'answer' | 'isIdempotent' | 'deadlineMs';
type Given = Omit<Endpoint, Defaults | 'name'> & Partial<Pick<Endpoint, Defaults>>;

export type Filled<Name, G> = {
  readonly [K in keyof Endpoint]: K extends 'name'
    ? Name
    : K extends keyof G
      ? G[K]
      : K extends 'request' | 'answer'
        ? NoBody
        : K extends 'parameters' | 'query'
          ? Readonly<Record<never, never>>
          : Endpoint[K];
};

/** A table of endpoints; what is left out is: no body, no query, 30 s, idempotent if it is a GET. */
export function defineEndpoints<const T extends Readonly<Record<string, Given>>>(
  table: T,
): { readonly [Name in keyof T]: Filled<Name, T[Name]> } {
  const filled = Object.entries(table).map(([name, given]) => [
    name,
    {
      parameters: {},
      query: {},
      request: NONE,
      answer: NONE,
      isIdempotent: given.method === 'GET',
      deadlineMs: DEFAULT_DEADLINE_MS,
      ...given,
      name,
    },
  ]);
  return Object.fromEntries(filled) as { readonly [Name in keyof T]: Filled<Name, T[Name]> };
}
