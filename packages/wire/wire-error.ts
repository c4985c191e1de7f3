// A KuraError as a body of at most 4 KiB, and back. What comes from the other end is made harmless before
// anybody shows it: no control characters, no more than a bounded length.
import { ERROR_CODES, type ErrorCode, KIB, KuraError } from '@kura/base';
import type { Who } from '@kura/contract/wire/endpoint.ts';
import { codeOfStatus } from './status.ts';

export const MAX_ERROR_BYTES = 4 * KIB;
const MAX_TEXT = 512;
const MAX_FACTS = 12;
const MAX_FACT = 128;

type Fact = string | number | boolean;

/** Control characters, and those that change the direction of text, as U+FFFD. */
export function harmless(text: string, maxLength: number): string {
  return text
    .slice(0, maxLength)
    .toWellFormed()
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

function harmlessFacts(given: unknown): Record<string, Fact> {
  if (typeof given !== 'object' || given === null) return {};
  const facts: Record<string, Fact> = {};
  for (const [name, value] of Object.entries(given).slice(0, MAX_FACTS)) {
    const key = harmless(name, MAX_FACT);
    if (typeof value === 'string') facts[key] = harmless(value, MAX_FACT);
    else if (typeof value === 'boolean') facts[key] = value;
    else if (typeof value === 'number' && Number.isFinite(value)) facts[key] = value;
  }
  return facts;
}

const FAILED = 'the service failed at this; its log says why';
/** Faults of a service's own machine. */
const OWN_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['io', 'data_lost']);

/** Its text may name files of this machine, or say what the operating system said. */
function isOwnFault({ code, context }: KuraError): boolean {
  return OWN_FAULTS.has(code) || 'errno' in context || 'path' in context;
}

/**
 * What the other end is told: the code, and the text unless that is for our log only. Anything but a KuraError is a
 * mistake of ours. Operators are told as it is: it is their machine.
 */
export function toAnswerable(error: unknown, who?: Who): KuraError {
  if (!(error instanceof KuraError)) return new KuraError('io', FAILED, { cause: error });
  if (who === 'operator' || !isOwnFault(error)) return error;
  return new KuraError(error.code, FAILED, { cause: error });
}

export function encodeError(error: KuraError, requestId: string): Uint8Array {
  const body = {
    code: error.code,
    message: harmless(error.message, MAX_TEXT),
    guidance: harmless(error.guidance ?? '', MAX_TEXT),
    context: harmlessFacts(error.context),
    requestId,
  };
  const bytes = Buffer.from(JSON.stringify(body));
  if (bytes.length <= MAX_ERROR_BYTES) return bytes;
  return Buffer.from(JSON.stringify({ ...body, guidance: '', context: {} }));
}

/** Trusts `code` if it is one of ours, else what the status says. */
export function decodeError(status: number, body: Uint8Array): KuraError {
  const given = parse(body);
  const code = ERROR_CODES.find((one) => one === given.code);
  if (code === undefined || typeof given.message !== 'string') {
    return new KuraError(codeOfStatus(status), `the service answered ${status} without a reason`);
  }
  const guidance = typeof given.guidance === 'string' ? harmless(given.guidance, MAX_TEXT) : '';
  const id = typeof given.requestId === 'string' ? { requestId: given.requestId } : {};
  return new KuraError(code, harmless(given.message, MAX_TEXT), {
    ...(guidance === '' ? {} : { guidance }),
    context: harmlessFacts({ ...id, ...(given.context ?? {}) }),
  });
}

interface GivenError {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly guidance?: unknown;
  readonly context?: object | undefined;
  readonly requestId?: unknown;
}

function parse(body: Uint8Array): GivenError {
  try {
    const json: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    if (typeof json !== 'object' || json === null) return {};
    const { context } = json as GivenError;
    return {
      ...json,
      context: typeof context === 'object' && context !== null ? context : undefined,
    };
  } catch {
    return {}; // no words of ours: the status decides
  }
}
