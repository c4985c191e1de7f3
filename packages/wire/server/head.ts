// The head of a request, judged before anything else: one spelling of everything, no header twice, a length for
// every body and no body where none belongs.
import type { IncomingMessage } from 'node:http';
import { KuraError } from '@kura/base';
import type { Body } from '@kura/contract/wire/endpoint.ts';
import { JSON_TYPE, PROTOCOL, RAW_TYPE } from '../client/prepare.ts';
import { readDigest } from '../write-body.ts';

/** Requests of ours have nine. */
const MAX_HEADERS = 32;
const MAX_AUTHORIZATION = 1024;
const LENGTH = /^(?:0|[1-9]\d{0,15})$/;

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly authorization: string | undefined;
}

export interface AnnouncedBody {
  readonly sizeBytes: number;
  readonly sha256: Uint8Array | undefined;
}

function hostile(what: string): never {
  throw new KuraError('hostile', what);
}

function checkHeaders(message: IncomingMessage): void {
  const { rawHeaders, headers } = message;
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > MAX_HEADERS) hostile('the request has too many headers');
  if (new Set(names).size !== names.length) hostile('a header stands twice');
  if (headers.host === undefined) hostile('the header Host is missing');
  if (headers['transfer-encoding'] !== undefined)
    hostile('bodies come with a length, not in parts');
  if (headers.trailer !== undefined) hostile('there are no trailers');
  const protocol = headers['kura-protocol'];
  if (protocol !== undefined && protocol !== PROTOCOL) {
    throw new KuraError('unsupported', 'this service speaks version 1 of the protocol only', {
      guidance: 'One of the two programs has to be updated.',
      context: { protocol: PROTOCOL },
    });
  }
}

/** Throws `hostile` or `unsupported`. */
export function readHead(message: IncomingMessage): RequestHead {
  checkHeaders(message);
  if (message.httpVersion !== '1.1') hostile('this service speaks HTTP/1.1');
  const { method = '', url = '' } = message;
  const at = url.indexOf('?');
  const { authorization } = message.headers;
  if (authorization !== undefined && authorization.length > MAX_AUTHORIZATION) {
    hostile('the authorization is too long');
  }
  return {
    method,
    path: at === -1 ? url : url.slice(0, at),
    query: at === -1 ? '' : url.slice(at + 1),
    authorization,
  };
}

function lengthOf(message: IncomingMessage): number | undefined {
  const length = message.headers['content-length'];
  if (length === undefined) return undefined;
  return LENGTH.test(length) ? Number(length) : hostile('the length is not a decimal number');
}

/** What the head says of the body, within what the endpoint takes. Throws `hostile` or `too_large`. */
export function readAnnouncement(message: IncomingMessage, body: Body): AnnouncedBody {
  const length = lengthOf(message);
  const { 'content-type': type, 'content-digest': digest, expect } = message.headers;
  if (expect !== undefined && (body.kind !== 'raw' || expect.toLowerCase() !== '100-continue')) {
    hostile('nothing is to be waited for');
  }
  if (body.kind === 'none') {
    if ((length ?? 0) !== 0) hostile('no body belongs here');
    return { sizeBytes: 0, sha256: undefined };
  }
  if (length === undefined) return hostile('a body needs its length in the head');
  if (length > body.maxBytes) {
    throw new KuraError('too_large', `a body here has at most ${body.maxBytes} bytes`);
  }
  if (type !== (body.kind === 'json' ? JSON_TYPE : RAW_TYPE))
    hostile('the body is of another type');
  if (body.kind === 'json') return { sizeBytes: length, sha256: undefined };
  const sha256 = digest === undefined ? undefined : readDigest(String(digest));
  if (digest !== undefined && sha256 === undefined) hostile('the digest is none of SHA-256');
  if (body.isDigested && sha256 === undefined) hostile('a body needs its digest in the head');
  return { sizeBytes: length, sha256 };
}

/** Throws `hostile` for what is no JSON in UTF-8. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return hostile('the body is no JSON in UTF-8');
  }
}
