// Where a share of a large file begins: the first candidate cut at or after a multiple of the share
// size. A pure function of content, so that two threads agree on it without talking.
import type { NetworkShape } from '@kura/base';
import type { Chunker } from '@kura/format';

export interface SeamReader {
  /** Fills `into` from `position`; returns the bytes read. */
  read(into: Uint8Array, position: number): number;
  readonly sizeBytes: number;
}

/** Bytes that a candidate depends on. */
export const CONTEXT_BYTES = 32;

export function shareCount(sizeBytes: number, shape: NetworkShape): number {
  return Math.max(1, Math.ceil(sizeBytes / shape.shareBytes));
}

/** Offset at which share `share` begins; the size of the file for the share after the last. */
export function seamAt(
  share: number,
  source: SeamReader,
  tools: { readonly chunker: Chunker; readonly shape: NetworkShape },
): number {
  const { chunker, shape } = tools;
  if (share === 0) return 0;
  const nominal = share * shape.shareBytes;
  if (nominal >= source.sizeBytes) return source.sizeBytes;
  const limit = Math.min(source.sizeBytes, nominal + shape.maxChunkBytes);
  const step = shape.averageChunkBytes;
  const { window } = chunker;
  let filled = source.read(window.subarray(0, CONTEXT_BYTES), nominal - CONTEXT_BYTES);
  let searched = CONTEXT_BYTES;
  while (filled < CONTEXT_BYTES + limit - nominal) {
    const want = Math.min(step, CONTEXT_BYTES + limit - nominal - filled);
    const got = source.read(
      window.subarray(filled, filled + want),
      nominal - CONTEXT_BYTES + filled,
    );
    if (got === 0) break;
    filled += got;
    const candidate = chunker.firstCandidate(searched, filled);
    if (candidate >= 0) return nominal + candidate - CONTEXT_BYTES;
    searched = filled;
  }
  return limit;
}
