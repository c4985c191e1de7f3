// Writes an answer: status, head and body of whatever a handler returned or threw.
import type { ServerResponse } from 'node:http';
import { type AlarmClock, assert, KuraError, SECOND_MS } from '@kura/base';
import type { Endpoint, JsonBody, RawBody } from '@kura/contract/wire/endpoint.ts';
import type { Bandwidth } from '../bandwidth.ts';
import type { BodySource } from '../body.ts';
import { JSON_TYPE, PROTOCOL, RAW_TYPE } from '../client/prepare.ts';
import { statusOf, TOO_OFTEN_STATUS, WRONG_METHOD_STATUS } from '../status.ts';
import { TooOften } from '../too-often.ts';
import { encodeError } from '../wire-error.ts';
import { digestOf, sizeOf, writeBody } from '../write-body.ts';
import { WrongMethod } from './router.ts';

const OK = 200;
const NO_CONTENT = 204;

export interface AnswerOptions {
  readonly isLast: boolean;
  readonly paceMs: number;
  readonly bandwidth: Bandwidth | undefined;
  readonly clock: AlarmClock;
  readonly signal: AbortSignal;
  /** Called when the answer is on its way and before the connection may end. */
  readonly beforeEnd: () => Promise<void>;
}

function headOf({ isLast }: AnswerOptions): Record<string, string> {
  return { 'Kura-Protocol': PROTOCOL, ...(isLast ? { Connection: 'close' } : {}) };
}

function statusFor(error: KuraError): number {
  if (error instanceof TooOften) return TOO_OFTEN_STATUS;
  return error instanceof WrongMethod ? WRONG_METHOD_STATUS : statusOf(error.code);
}

function extraHead(error: KuraError): Record<string, string> {
  if (error instanceof TooOften) {
    return { 'Retry-After': String(Math.ceil(error.retryMs / SECOND_MS)) };
  }
  return error instanceof WrongMethod ? { Allow: error.allowed.join(', ') } : {};
}

/** Resolves to the bytes of its body. */
export async function writeError(
  response: ServerResponse,
  error: KuraError,
  requestId: string,
  options: AnswerOptions,
): Promise<number> {
  const bytes = encodeError(error, requestId);
  response.writeHead(statusFor(error), {
    ...headOf(options),
    ...extraHead(error),
    'Content-Type': JSON_TYPE,
    'Content-Length': bytes.length,
  });
  await send(response, { bytes }, options);
  return bytes.length;
}

async function send(
  response: ServerResponse,
  source: BodySource,
  { paceMs, bandwidth, clock, signal, beforeEnd }: AnswerOptions,
): Promise<void> {
  const bucket = bandwidth?.send;
  await writeBody(response, source, { stallMs: paceMs, bucket, clock, signal });
  await beforeEnd();
  response.end();
}

function bodyOf(endpoint: Endpoint, reply: unknown): BodySource {
  if (endpoint.answer.kind !== 'json') return reply as BodySource;
  return { bytes: Buffer.from(JSON.stringify(endpoint.answer.shape.write(reply as never))) };
}

function typeOf(answer: JsonBody<never> | JsonBody<unknown> | RawBody): Record<string, string> {
  if (answer.kind === 'json') return { 'Content-Type': JSON_TYPE };
  const { type = RAW_TYPE, cacheControl } = answer;
  const cache = cacheControl === undefined ? {} : { 'Cache-Control': cacheControl };
  return { 'Content-Type': type, ...cache };
}

/** Resolves to the bytes of its body. Throws before anything is written if the reply does not fit. */
export async function writeReply(
  response: ServerResponse,
  endpoint: Endpoint,
  reply: unknown,
  options: AnswerOptions,
): Promise<number> {
  const { answer, name } = endpoint;
  if (answer.kind !== 'json' && answer.kind !== 'raw') {
    response.writeHead(NO_CONTENT, headOf(options)).flushHeaders();
    await options.beforeEnd();
    response.end();
    return 0;
  }
  const body = bodyOf(endpoint, reply);
  const sizeBytes = sizeOf(body);
  if (sizeBytes > answer.maxBytes) {
    throw new KuraError('too_large', `the answer to ${name} would exceed its largest body`, {
      guidance: 'Ask for less at once.',
    });
  }
  const digest = answer.kind === 'raw' && answer.isDigested ? digestOf(body) : undefined;
  assert(
    digest !== undefined || answer.kind !== 'raw' || !answer.isDigested,
    `${name} has a digest`,
  );
  response.writeHead(OK, {
    ...headOf(options),
    'Content-Length': sizeBytes,
    ...typeOf(answer),
    ...(digest === undefined ? {} : { 'Content-Digest': digest }),
  });
  await send(response, body, options);
  return sizeBytes;
}
