// The answer's head and body, checked against the endpoint: what does not fit is `corrupt`, and its connection
// ends.
import { type AlarmClock, KuraError } from '@kura/base';
import type { Endpoint } from '@kura/contract/wire/endpoint.ts';
import type { Bandwidth } from '../bandwidth.ts';
import { type IncomingBody, readWhole } from '../body.ts';
import type { IncomingAnswer } from '../incoming-answer.ts';
import { MessageBody } from '../message-body.ts';
import type { PaceLimits } from '../pace.ts';
import { TOO_OFTEN_STATUS } from '../status.ts';
import { asTooOften } from '../too-often.ts';
import { decodeError, MAX_ERROR_BYTES } from '../wire-error.ts';
import { readDigest } from '../write-body.ts';
import { JSON_TYPE, RAW_TYPE } from './prepare.ts';

export interface AnswerContext {
  readonly pace: PaceLimits;
  readonly bandwidth: Bandwidth | undefined;
  readonly clock: AlarmClock;
}

const OK = 200;
const NO_CONTENT = 204;

/** What does not fit its endpoint, or is no answer at all. */
export function unfit(why: string): never {
  throw new KuraError('corrupt', `the service's answer ${why}`, {
    guidance: 'Another version may run there.',
  });
}

/** Neither Node nor a direct line lets a message with two lengths, or a length and a transfer coding, get so far. */
function lengthOf(message: IncomingAnswer, maxBytes: number): number {
  const length = message.headers['content-length'];
  if (typeof length !== 'string' || !/^\d{1,10}$/.test(length)) return unfit('says no length');
  return Number(length) > maxBytes ? unfit('is too long') : Number(length);
}

function bodyOf(message: IncomingAnswer, maxBytes: number, context: AnswerContext): MessageBody {
  const { pace, bandwidth, clock } = context;
  const digest = message.headers['content-digest'];
  return new MessageBody(message, {
    sizeBytes: lengthOf(message, maxBytes),
    sha256:
      typeof digest === 'string' ? (readDigest(digest) ?? unfit('has a bad digest')) : undefined,
    bucket: bandwidth?.receive,
    ...{ pace, clock },
  });
}

export async function readError(
  message: IncomingAnswer,
  context: AnswerContext,
): Promise<KuraError> {
  const status = message.statusCode ?? 0;
  try {
    const body = await readWhole(bodyOf(message, MAX_ERROR_BYTES, context));
    const error = decodeError(status, body);
    return status === TOO_OFTEN_STATUS ? asTooOften(error) : error;
  } catch {
    return decodeError(status, new Uint8Array()); // the status is all that can be had
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return unfit('is no JSON');
  }
}

function isOf(message: IncomingAnswer, type: string): boolean {
  return message.headers['content-type'] === type;
}

/** A JSON value, an `IncomingBody`, or undefined, as the endpoint says; throws the error that was answered. */
async function readFitting(
  endpoint: Endpoint,
  message: IncomingAnswer,
  context: AnswerContext,
): Promise<unknown> {
  const { answer } = endpoint;
  if (answer.kind === 'raw') {
    if (message.statusCode !== OK || !isOf(message, answer.type ?? RAW_TYPE))
      return unfit('has another form');
    const body = bodyOf(message, answer.maxBytes, context);
    if (answer.isDigested && body.sha256 === undefined) return unfit('has no digest');
    return body satisfies IncomingBody;
  }
  if (answer.kind === 'json') {
    if (message.statusCode !== OK || !isOf(message, JSON_TYPE)) return unfit('has another form');
    const json = parse(await readWhole(bodyOf(message, answer.maxBytes, context)));
    return answer.shape.read(json, '', 'ignored');
  }
  if (message.statusCode !== NO_CONTENT) return unfit('has another form');
  message.resume();
  return undefined;
}

export async function readAnswer(
  endpoint: Endpoint,
  message: IncomingAnswer,
  context: AnswerContext,
): Promise<unknown> {
  const status = message.statusCode ?? 0;
  if (status < OK || status >= 300) throw await readError(message, context);
  try {
    return await readFitting(endpoint, message, context);
  } catch (error) {
    message.destroy();
    // A shape says "hostile" of whatever does not fit; of an answer that is too strong a word.
    if (error instanceof KuraError && error.code === 'hostile')
      unfit(`does not fit: ${error.message}`);
    throw error;
  }
}
