// Cuts a region of a stream into chunks: reads it into the chunker's window step by step and hands out
// all chunks in it as views before it reads on, because several are hashed faster than one. Reads stay
// aligned with the window's pages, which makes them five times faster (docs/design/format.md, Chunk).
import { assert, type NetworkShape } from '@kura/base';
import type { Chunker } from '@kura/format';
import { CONTEXT_BYTES, type SeamReader } from './seam.ts';

const ALIGNMENT = 4096;

export interface Region {
  readonly start: number;
  readonly end: number;
}

/** Small enough to stay in a core's cache between reading and cutting. */
function readStep(shape: NetworkShape): number {
  return shape.averageChunkBytes;
}

/**
 * Yields the chunks of `region`, some at a time and valid until the next. The stream may turn out shorter
 * than `region.end` (a file that shrinks while it is read): then the last chunk ends there.
 */
export function* chunksOf(
  region: Region,
  source: SeamReader,
  tools: { readonly chunker: Chunker; readonly shape: NetworkShape },
): Generator<readonly Uint8Array[]> {
  const { chunker, shape } = tools;
  const { window } = chunker;
  const step = readStep(shape);
  let base = alignedBelow(region.start);
  let filled = 0;
  let from = region.start - base;
  let end = region.end;
  // Up to here the chunk that begins at `from` has been searched in vain.
  let searched = 0;
  let found: Uint8Array[] = [];
  while (base + from < end) {
    const to = Math.min(filled, end - base);
    const cut = filled > from ? chunker.nextCut(from, to, searched) : -1;
    if (cut > 0) {
      found.push(window.subarray(from, cut));
      from = cut;
      searched = 0;
      continue;
    }
    searched = filled > from ? to : 0;
    if (base + filled >= end) {
      found.push(window.subarray(from, end - base));
      break;
    }
    if (filled + step > window.length) {
      if (found.length > 0) yield found;
      found = [];
      const newBase = alignedBelow(base + from);
      assert(newBase > base, 'the window is too small for a chunk');
      window.copyWithin(0, newBase - base, filled);
      from -= newBase - base;
      filled -= newBase - base;
      searched = Math.max(0, searched - (newBase - base));
      base = newBase;
    }
    const want = Math.min(step, end - base - filled);
    const got = source.read(window.subarray(filled, filled + want), base + filled);
    if (got === 0) end = base + filled;
    filled += got;
  }
  if (found.length > 0) yield found;
}

/** A page boundary that leaves the context of `offset` in the window. */
function alignedBelow(offset: number): number {
  return Math.max(0, Math.floor((offset - CONTEXT_BYTES) / ALIGNMENT) * ALIGNMENT);
}
