// Where a file is cut: content-defined and keyed, so that an insertion moves few cuts and two members cut
// differently. It reads no file and names no chunk. Whether a position is a candidate depends only on the 32
// bytes that end there, never on where the scan began. The rule is docs/design/format.md, "Chunk"; its inner
// loop is chunker.wat, and the plain form that both must agree with is in chunker.test.ts.
import { assert, KIB, type NetworkShape } from '@kura/base';
import { CHUNKER_WASM_BASE64 } from './chunker.wasm.ts';

/** Bytes that decide about a position; earlier positions of a file are never candidates. */
export const CUT_CONTEXT_BYTES = 32;
/** Two tables of 16 bytes, then four multipliers of 8. */
export const CHUNKER_KEY_BYTES = 64;

const WASM_PAGE_BYTES = 64 * KIB;
/** Tables and the list of hits lie before it. */
const WINDOW_AT = WASM_PAGE_BYTES;
const MULTIPLIERS_AT = 32;

export interface ChunkerOptions {
  readonly chunkerKey: Uint8Array;
  readonly shape: NetworkShape;
}

export interface Chunker {
  /** Page-aligned; file bytes are read straight into it. Room for two chunks of maximum size and 64 KiB. */
  readonly window: Uint8Array;
  /**
   * The end of the chunk that begins at `from`, or -1 if that needs bytes beyond `to`. With `searched`, which
   * was `to` in a call for the same chunk that returned -1, nothing is searched twice.
   */
  nextCut(from: number, to: number, searched?: number): number;
  /** The first candidate in window[from, to), without a minimum; -1 if there is none. */
  firstCandidate(from: number, to: number): number;
}

type Scan = (first: number, last: number, threshold: number) => number;

let compiled: WebAssembly.Module | undefined;

/** Cheap: compiled once per thread. Not shared between threads. */
export function createChunker({ chunkerKey, shape }: ChunkerOptions): Chunker {
  assert(chunkerKey.length === CHUNKER_KEY_BYTES, 'a chunker key of another length');
  return new WasmChunker(chunkerKey, shape);
}

/**
 * Of 2^32 hits of stage 1, how many are candidates: one position in (average - minimum), since no cut is
 * sought in the minimum.
 */
export function cutThreshold(shape: NetworkShape): number {
  const distance = shape.averageChunkBytes - shape.minChunkBytes;
  assert(distance > 256, 'chunks that small need another stage 1');
  return Math.floor(2 ** 40 / distance);
}

class WasmChunker implements Chunker {
  readonly window: Uint8Array;
  readonly #shape: NetworkShape;
  readonly #threshold: number;
  readonly #scan: Scan;

  constructor(chunkerKey: Uint8Array, shape: NetworkShape) {
    assert(shape.minChunkBytes >= CUT_CONTEXT_BYTES, 'a minimum that is shorter than the context');
    this.#shape = shape;
    this.#threshold = cutThreshold(shape);
    // The longest chunk, one read behind it, and what aligning the reads takes. More only costs memory.
    const windowBytes = shape.maxChunkBytes + shape.averageChunkBytes + 64 * KIB;
    // One more page, since the scan works in whole vectors.
    const pages = Math.ceil((WINDOW_AT + windowBytes) / WASM_PAGE_BYTES) + 1;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.window = new Uint8Array(memory.buffer, WINDOW_AT, windowBytes);
    const head = new Uint8Array(memory.buffer, 0, CHUNKER_KEY_BYTES);
    head.set(chunkerKey);
    for (let at = MULTIPLIERS_AT; at < head.length; at += 8) head[at] = (head[at] ?? 0) | 1;
    compiled ??= new WebAssembly.Module(Buffer.from(CHUNKER_WASM_BASE64, 'base64'));
    const instance = new WebAssembly.Instance(compiled, { kura: { memory } });
    this.#scan = instance.exports.scan as Scan;
  }

  nextCut(from: number, to: number, searched = 0): number {
    assert(from >= 0 && from <= to && to <= this.window.length, 'a range outside of the window');
    const limit = from + this.#shape.maxChunkBytes;
    const first = Math.max(from + this.#shape.minChunkBytes, searched + 1);
    const cut = this.#search(first, Math.min(to, limit));
    if (cut >= 0) return cut;
    return to >= limit ? limit : -1;
  }

  firstCandidate(from: number, to: number): number {
    assert(from >= 0 && from <= to && to <= this.window.length, 'a range outside of the window');
    return this.#search(Math.max(from, CUT_CONTEXT_BYTES), to - 1);
  }

  /** The first candidate from `first` to `last`, both included; a cut lies behind its last byte. */
  #search(first: number, last: number): number {
    if (first > last) return -1;
    const hit = this.#scan(WINDOW_AT + first - 1, WINDOW_AT + last - 1, this.#threshold);
    return hit < 0 ? -1 : hit - WINDOW_AT + 1;
  }
}
