// Page-aligned memory that is used again. Making it costs a system call and, since plain JavaScript has it only from
// WebAssembly, a part of a full garbage collection: a server that made some for every request would do little else.
import { assert, KIB, MIB } from '@kura/base';
import { allocatePages } from './memory.ts';

/** Sizes are rounded up to powers of two from here on, so that one piece serves for many. */
const SMALLEST_BYTES = 64 * KIB;
/** More is left to the garbage collector: a burst is not kept for ever. */
const DEFAULT_SPARE_BYTES = 8 * MIB;

export class PagePool {
  readonly #maxSpareBytes: number;
  /** By their size; what was given back last is taken first, being warm. */
  readonly #spare = new Map<number, Uint8Array[]>();
  #spareBytes = 0;

  constructor(maxSpareBytes: number = DEFAULT_SPARE_BYTES) {
    this.#maxSpareBytes = maxSpareBytes;
  }

  /** `sizeBytes` that begin on a page; what is in them is what somebody left there. */
  take(sizeBytes: number): Uint8Array {
    assert(sizeBytes > 0, 'an empty allocation');
    const wholeBytes = roomFor(sizeBytes);
    const found = this.#spare.get(wholeBytes)?.pop();
    if (found === undefined) return allocatePages(wholeBytes).subarray(0, sizeBytes);
    this.#spareBytes -= wholeBytes;
    return found.subarray(0, sizeBytes);
  }

  /**
   * `bytes`: as they were taken, once, and nobody reads or writes them any more. What is never given back is freed
   * as ever.
   */
  give(bytes: Uint8Array): void {
    const wholeBytes = roomFor(bytes.length);
    assert(
      bytes.byteOffset === 0 && bytes.buffer.byteLength === wholeBytes,
      'this was not taken here',
    );
    if (this.#spareBytes + wholeBytes > this.#maxSpareBytes) return;
    const spare = this.#spare.get(wholeBytes) ?? [];
    if (spare.length === 0) this.#spare.set(wholeBytes, spare);
    spare.push(new Uint8Array(bytes.buffer));
    this.#spareBytes += wholeBytes;
  }
}

function roomFor(sizeBytes: number): number {
  let bytes = SMALLEST_BYTES;
  while (bytes < sizeBytes) bytes *= 2;
  return bytes;
}
