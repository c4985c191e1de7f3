// Leaves of a copy as a body that goes out in pieces: an answer of 16 MiB needs memory for one piece. The first
// piece is read before there is an answer, so that whatever is wrong is told by its code and not by a connection
// that breaks.
import type { CopyId, NetworkShape } from '@kura/base';
import { MIB } from '@kura/base';
import type { StoreReader } from '@kura/contract';
import { allocatePages } from '@kura/native';
import type { BodySource } from '@kura/wire/body.ts';
import { checkWindows, type LeafRange } from '../shelf/fetch.ts';

/** Of memory per reading caller. Larger: fewer calls of the disk. */
const PIECE_BYTES = MIB;

export interface LeafReading extends LeafRange {
  readonly store: StoreReader;
  readonly shape: NetworkShape;
  readonly copyId: CopyId;
  readonly signal: AbortSignal;
  /** Called once everything has gone out, or nobody waits for it any more. */
  readonly onEnd: () => void;
}

/** Throws `usage` unless the range is whole windows of the copy, and what the store throws. */
export async function leafStream(reading: LeafReading): Promise<BodySource> {
  const { store, shape, copyId, firstLeaf, leafCount, signal, onEnd } = reading;
  signal.addEventListener('abort', onEnd, { once: true });
  try {
    checkWindows(shape, (await store.stat(copyId)).leafCount, reading);
    const pieces = new Pieces(reading);
    const first = await pieces.read(firstLeaf);
    const sizeBytes = leafCount * shape.leafBytes;
    return { sizeBytes, stream: pieces.from(first) };
  } catch (error) {
    onEnd();
    throw error;
  }
}

class Pieces {
  readonly #reading: LeafReading;
  readonly #leaves: number;
  readonly #room: Uint8Array;

  constructor(reading: LeafReading) {
    const { leafBytes, windowLeaves } = reading.shape;
    this.#reading = reading;
    const windows = Math.max(1, Math.floor(PIECE_BYTES / (leafBytes * windowLeaves)));
    this.#leaves = Math.min(reading.leafCount, windows * windowLeaves);
    this.#room = allocatePages(this.#leaves * leafBytes);
  }

  async read(from: number): Promise<Uint8Array> {
    const { store, shape, copyId, firstLeaf, leafCount, signal } = this.#reading;
    const count = Math.min(this.#leaves, firstLeaf + leafCount - from);
    const piece = this.#room.subarray(0, count * shape.leafBytes);
    await store.fetch(copyId, from, count, piece, signal);
    return piece;
  }

  async *from(first: Uint8Array): AsyncGenerator<Uint8Array> {
    const { firstLeaf, leafCount, onEnd } = this.#reading;
    try {
      yield first;
      for (
        let leaf = firstLeaf + this.#leaves;
        leaf < firstLeaf + leafCount;
        leaf += this.#leaves
      ) {
        yield await this.read(leaf);
      }
    } finally {
      onEnd();
    }
  }
}
