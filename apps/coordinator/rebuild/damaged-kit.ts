// A kit that is not as it was written, at whichever layer that shows.
import { KuraError } from '@kura/base';

export function damagedKit(why?: string, cause?: unknown): KuraError {
  const message = why === undefined ? 'the kit is damaged' : `the kit is damaged: ${why}`;
  return new KuraError('corrupt', message, {
    guidance: 'Use another copy of it, or an older one.',
    cause,
  });
}

/** Throws `corrupt` for a text that is no JSON. */
export function parseKitJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damagedKit(undefined, cause);
  }
}
