// Cuts a stream whose length nobody knows into chunks: standard input. Unlike a file it can be read only once, so it
// is never cut into shares and never read again.
import type { Chunker } from '@kura/format';

export interface ByteStream {
  /** Fills `into` as far as it can; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
}

const ALIGNMENT = 4096;
const CONTEXT_BYTES = 32;

/** Yields views of the chunker's window, each valid until the next. */
export async function* chunksOfStream(
  stream: ByteStream,
  chunker: Chunker,
): AsyncGenerator<Uint8Array> {
  const { window } = chunker;
  let from = 0;
  let filled = 0;
  let searched = 0;
  let isAtEnd = false;
  while (!isAtEnd || from < filled) {
    const cut = filled > from ? chunker.nextCut(from, filled, searched) : -1;
    if (cut > 0) {
      yield window.subarray(from, cut);
      from = cut;
      searched = 0;
      continue;
    }
    searched = filled > from ? filled : 0;
    if (isAtEnd) {
      yield window.subarray(from, filled);
      return;
    }
    if (filled === window.length) {
      const drop = Math.floor(Math.max(0, from - CONTEXT_BYTES) / ALIGNMENT) * ALIGNMENT;
      window.copyWithin(0, drop, filled);
      from -= drop;
      filled -= drop;
      searched = Math.max(0, searched - drop);
    }
    const got = await stream.read(window.subarray(filled));
    if (got === 0) isAtEnd = true;
    filled += got;
  }
}
