// Errors on their way between threads: a structured clone would lose what makes a KuraError one, and
// the code of a system error.
import { ERROR_CODES, type ErrorCode, errnoOf, KuraError } from '@kura/base';
import type { SentError } from './thread-protocol.ts';

export function sendable(error: unknown): SentError {
  if (error instanceof KuraError) {
    const { code, guidance, context, message, stack } = error;
    return { message, kura: { code, guidance, context }, errno: undefined, stack };
  }
  const isError = error instanceof Error;
  return {
    message: isError ? error.message : String(error),
    kura: undefined,
    errno: errnoOf(error),
    stack: isError ? error.stack : undefined,
  };
}

export function received(sent: SentError): Error {
  const { message, kura, errno, stack } = sent;
  const error = kura === undefined ? new Error(message) : kuraErrorOf(message, kura);
  if (errno !== undefined) Object.assign(error, { code: errno });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function kuraErrorOf(message: string, kura: NonNullable<SentError['kura']>): KuraError {
  const code = ERROR_CODES.find((known): known is ErrorCode => known === kura.code) ?? 'io';
  const { guidance, context } = kura;
  return new KuraError(code, message, { context, ...(guidance === undefined ? {} : { guidance }) });
}
