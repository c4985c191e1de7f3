// Errors on their way between threads: a structured clone would lose what makes a KuraError one.
import { ERROR_CODES, type ErrorCode, KuraError } from '@kura/base';
import type { SentError } from './thread-protocol.ts';

export function sendable(error: unknown): SentError {
  if (error instanceof KuraError) {
    const { code, guidance, context, message, stack } = error;
    return { message, kura: { code, guidance, context }, stack };
  }
  const isError = error instanceof Error;
  return {
    message: isError ? error.message : String(error),
    kura: undefined,
    stack: isError ? error.stack : undefined,
  };
}

export function received(sent: SentError): Error {
  const { message, kura, stack } = sent;
  const error = kura === undefined ? new Error(message) : kuraErrorOf(message, kura);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function kuraErrorOf(message: string, kura: NonNullable<SentError['kura']>): KuraError {
  const code = ERROR_CODES.find((known): known is ErrorCode => known === kura.code) ?? 'io';
  const { guidance, context } = kura;
  return new KuraError(code, message, { context, ...(guidance === undefined ? {} : { guidance }) });
}
