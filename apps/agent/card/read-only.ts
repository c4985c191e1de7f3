// What is opened with a card alone can only be read.
import { KuraError } from '@kura/base';

/** Always rejects, with `unsupported`. */
export async function refuseChange(): Promise<never> {
  throw new KuraError('unsupported', 'with a card alone nothing can be changed', {
    guidance: 'Use it from a home that has joined the network.',
  });
}
