// Lines that somebody writes, as somebody else reads them: the writer waits until each was taken.

import { KuraError } from '@kura/base';

/** Throws what `work` throws; `work` is told if the reader ends early. */
export async function* linesOf(
  work: (write: (line: string) => Promise<void>) => Promise<void>,
): AsyncGenerator<string> {
  let waiting = Promise.withResolvers<string | undefined>();
  let taken = Promise.withResolvers<void>();
  const ended = work(async (line) => {
    waiting.resolve(line);
    await taken.promise;
  }).then(
    () => waiting.resolve(undefined),
    (error: unknown) => waiting.reject(error),
  );
  // Told below; and after an early end nobody hears it.
  ended.catch(() => undefined);
  try {
    for (;;) {
      const line = await waiting.promise;
      if (line === undefined) break;
      yield line;
      waiting = Promise.withResolvers();
      waiting.promise.catch(() => undefined);
      const next = taken;
      taken = Promise.withResolvers();
      next.resolve();
    }
    await ended;
  } finally {
    taken.promise.catch(() => undefined);
    taken.reject(new KuraError('interrupted', 'nobody reads these lines any more'));
  }
}
