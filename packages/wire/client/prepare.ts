// What a call looks like on the wire: path, query and head of its request, from the endpoint's data.

import { assert, KuraError } from '@kura/base';
import type { Endpoint } from '@kura/contract/wire/endpoint.ts';
import type { BodySource } from '../body.ts';
import { digestOf, sizeOf } from '../write-body.ts';

export const PROTOCOL = '1';
export const JSON_TYPE = 'application/json';
export const RAW_TYPE = 'application/octet-stream';

/** `CallOf` without its types: what the generic signature has checked already. */
export interface LooseCall {
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly body?: unknown;
  readonly authorization?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly tries?: number | undefined;
  readonly patienceMs?: number | undefined;
}

export interface PreparedCall {
  readonly endpoint: Endpoint;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: BodySource | undefined;
  readonly signal: AbortSignal | undefined;
  readonly patienceMs: number | undefined;
}

/** Milliseconds until the head of the answer. */
export function deadlineOf({ endpoint, patienceMs }: PreparedCall): number {
  return Math.min(endpoint.deadlineMs, patienceMs ?? Number.POSITIVE_INFINITY);
}

/** Needs no escaping in a path or query of ours; the other end refuses anything else. */
const PLAIN = /^[A-Za-z0-9._~-]*$/;
const PLAIN_PATH = /^[A-Za-z0-9._~/-]*$/;

/** The text of a parameter: what its shape writes, which is a text, a number or a flag. */
function textOf(value: unknown, name: string, allowed = PLAIN): string {
  const text = String(value);
  assert(allowed.test(text), `${name} needs no escaping`);
  return text;
}

function pathOf(endpoint: Endpoint, { params = {}, query = {} }: LooseCall): string {
  const path = endpoint.path.replace(/\{(\w+)(\.\.\.)?\}/g, (_, name: string, rest?: string) => {
    const written = endpoint.parameters[name]?.write(params[name] as never);
    return textOf(written, name, rest === undefined ? PLAIN : PLAIN_PATH);
  });
  const fields = Object.entries(endpoint.query)
    .filter(([name]) => query[name] !== undefined)
    .map(([name, shape]) => `${name}=${textOf(shape.write(query[name] as never), name)}`);
  return fields.length === 0 ? path : `${path}?${fields.join('&')}`;
}

function jsonBody(endpoint: Endpoint, value: unknown): BodySource | undefined {
  if (endpoint.request.kind !== 'json') return undefined;
  const bytes = Buffer.from(JSON.stringify(endpoint.request.shape.write(value as never)));
  if (bytes.length > endpoint.request.maxBytes) {
    throw new KuraError('too_large', `a call of ${endpoint.name} would exceed its largest body`);
  }
  return { bytes };
}

function bodyHeaders(endpoint: Endpoint, body: BodySource | undefined): Record<string, string> {
  if (body === undefined) return {};
  const isRaw = endpoint.request.kind === 'raw';
  const length = { 'Content-Length': String(sizeOf(body)) };
  if (!isRaw) return { 'Content-Type': JSON_TYPE, ...length };
  const { isDigested, isAwaited } = endpoint.request;
  const digest = isDigested ? digestOf(body) : undefined;
  assert(!isDigested || digest !== undefined, `${endpoint.name} needs a digest beside its stream`);
  return {
    'Content-Type': RAW_TYPE,
    ...length,
    ...(digest === undefined ? {} : { 'Content-Digest': digest }),
    ...(isAwaited ? { Expect: '100-continue' } : {}),
  };
}

export function prepare(endpoint: Endpoint, call: LooseCall): PreparedCall {
  assert(endpoint.answer.kind !== 'upgrade', 'a connection is upgraded by dialling out');
  const isRaw = endpoint.request.kind === 'raw';
  const body = isRaw ? (call.body as BodySource) : jsonBody(endpoint, call.body);
  return {
    endpoint,
    path: pathOf(endpoint, call),
    headers: {
      'Kura-Protocol': PROTOCOL,
      ...(call.authorization === undefined ? {} : { Authorization: call.authorization }),
      ...bodyHeaders(endpoint, body),
    },
    body,
    signal: call.signal,
    patienceMs: call.patienceMs,
  };
}
