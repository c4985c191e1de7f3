// Leaves of a copy as a body that goes out in pieces: an answer of 16 MiB needs memory for one piece. The first
// piece is there before there is an answer, so that whatever is wrong is told by its code and not by a connection that
// breaks. Whoever takes them slowly has a place among readers for as long as nobody waits for it.
import {
  type AlarmClock,
  KuraError,
  MIB,
  type NetworkShape,
  type Transfer,
  watchTransfer,
} from '@kura/base';
import type { BodySource } from './body.ts';

/** Of memory per reading caller. Larger: fewer calls of the disk. */
const PIECE_BYTES = MIB;

/** A place among those who read. */
export interface ReadingSlot extends Pick<Transfer, 'isWanted'> {
  /** Once everything has gone out, or nobody waits for it any more; calling it again does nothing. */
  readonly giveBack: () => void;
}

/** Page-aligned memory that is used again. */
export interface RoomPool {
  take(sizeBytes: number): Uint8Array;
  give(room: Uint8Array): void;
}

export interface LeafSending {
  readonly shape: Pick<NetworkShape, 'leafBytes' | 'windowLeaves'>;
  readonly firstLeaf: number;
  readonly leafCount: number;
  /** Goes out before the leaves. */
  readonly lead?: Uint8Array | undefined;
  /** Fills `into` with whole windows from `firstLeaf` on. */
  readonly fetch: (firstLeaf: number, leafCount: number, into: Uint8Array) => Promise<void>;
  readonly pool: RoomPool;
  /** Of the call. */
  readonly signal: AbortSignal;
  readonly slot: ReadingSlot;
  readonly clock: AlarmClock;
}

/** Whole windows. So many at most, and `fetch` is called once, for all of them, before there is an answer. */
export function leavesPerPiece({ leafBytes, windowLeaves }: LeafSending['shape']): number {
  return Math.max(1, Math.floor(PIECE_BYTES / (leafBytes * windowLeaves))) * windowLeaves;
}

/** Throws what the first `fetch` throws. The slot is given back, whatever happens. */
export async function sendLeaves(sending: LeafSending): Promise<BodySource> {
  const { shape, firstLeaf, leafCount, lead, signal, slot, clock } = sending;
  const sizeBytes = (lead?.length ?? 0) + leafCount * shape.leafBytes;
  const late = new AbortController();
  const disarm = watchTransfer({ sizeBytes, isWanted: slot.isWanted, clock }, () =>
    late.abort(new KuraError('unreachable', 'leaves are taken too slowly, and others wait')),
  );
  const end = (): void => {
    disarm();
    slot.giveBack();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    signal.throwIfAborted();
    const pieces = new Pieces(sending);
    const first = await pieces.read(firstLeaf);
    return { sizeBytes, stream: pieces.from(first, end), signal: late.signal };
  } catch (error) {
    end();
    throw error;
  }
}

class Pieces {
  readonly #sending: LeafSending;
  readonly #leaves: number;
  readonly #room: Uint8Array;

  constructor(sending: LeafSending) {
    this.#sending = sending;
    this.#leaves = Math.min(sending.leafCount, leavesPerPiece(sending.shape));
    this.#room = sending.pool.take(this.#leaves * sending.shape.leafBytes);
  }

  async read(from: number): Promise<Uint8Array> {
    const { shape, firstLeaf, leafCount, fetch } = this.#sending;
    const count = Math.min(this.#leaves, firstLeaf + leafCount - from);
    const piece = this.#room.subarray(0, count * shape.leafBytes);
    await fetch(from, count, piece);
    return piece;
  }

  async *from(first: Uint8Array, onEnd: () => void): AsyncGenerator<Uint8Array> {
    const { firstLeaf, leafCount, lead } = this.#sending;
    const endLeaf = firstLeaf + leafCount;
    try {
      if (lead !== undefined) yield lead;
      yield first;
      for (let leaf = firstLeaf + this.#leaves; leaf < endLeaf; leaf += this.#leaves) {
        yield await this.read(leaf);
      }
      // Not if the connection broke: somebody below may still hold what he was handed last.
      this.#sending.pool.give(this.#room);
    } finally {
      onEnd();
    }
  }
}
