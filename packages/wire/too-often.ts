// A caller without a certificate who asks more often than its address may: told for how long to wait, before anything
// of its request was looked at.
import { KuraError } from '@kura/base';

export class TooOften extends KuraError {
  readonly retryMs: number;

  constructor(retryMs: number) {
    super('busy', 'too many requests from this address', {
      guidance: 'Wait a moment, or show a certificate.',
      context: { retryMs },
    });
    this.retryMs = retryMs;
  }
}

/** As the other end said it; without a time that makes sense it is an error like any other. */
export function asTooOften(error: KuraError): KuraError {
  const { retryMs } = error.context;
  return typeof retryMs === 'number' && retryMs > 0 ? new TooOften(retryMs) : error;
}
