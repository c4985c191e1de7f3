// A store that fails its authentication is a rogue: who answers is not who the directory names, or it signs for what
// it was not given. That is told apart from a store that is away, or that turns something down.
import { type ErrorDetails, KuraError } from '@kura/base';

const REASON = 'rogue';

export function rogueError(message: string, details: ErrorDetails = {}): KuraError {
  const context = { ...details.context, reason: REASON };
  return new KuraError('refused', message, { ...details, context });
}

export function isRogue(error: KuraError): boolean {
  return error.code === 'refused' && error.context.reason === REASON;
}
