// Standard input as a backup reads it: bytes asked for, not pushed.
import { Readable } from 'node:stream';
import type { StreamSource } from '@kura/agent';
import type { ByteString } from '@kura/base';

export function streamSource(path: ByteString, bytes: AsyncIterable<Uint8Array>): StreamSource {
  const pieces = bytes[Symbol.asyncIterator]();
  let rest = new Uint8Array(0);
  return {
    path,
    async read(into) {
      while (rest.length === 0) {
        const next = await pieces.next();
        if (next.done === true) return 0;
        rest = new Uint8Array(next.value);
      }
      const count = Math.min(rest.length, into.length);
      into.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
  };
}

/** Whatever is still asked of it: a read that waits for a silent pipe would keep the process alive. */
export function letGo(bytes: AsyncIterable<Uint8Array>): void {
  if (bytes instanceof Readable) bytes.destroy();
}
