// Leaves of packs over a line: what is asked for comes in pieces from several stores at once, and while a pack is read
// in order, the pieces that follow are on their way already. What it gives is what its lanes give: checked leaves.
// Packs of which most is wanted are left to `whole-packs.ts`.
import { assert, MIB, type NetworkShape, type PackId, Turns } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { PagePool } from '@kura/native';
import type { LeafRange } from './copy-fetcher.ts';
import type { ReadingLanes } from './copy-order.ts';
import { WholePacks } from './whole-packs.ts';

export interface LeafSource {
  /** Fills `into` with whole windows of the sealed pack. */
  fetch(row: PackRow, leaves: LeafRange, into: Uint8Array): Promise<void>;
  /** Most of this pack will be read, and soon. */
  expect?(row: PackRow): void;
}

/**
 * Where nobody knows how much of a pack is wanted, or the line is slow. Larger: more is read from a store that dawdles.
 * Smaller: more requests, and each costs both ends what 200 KiB cost them.
 */
const PIECE_BYTES = MIB;
/** Of one pack, beyond what was asked for: a line of 100 Mbit/s and 150 ms holds half of it. */
const AHEAD_BYTES = 4 * MIB;
/** Packs that are read in turn; each holds what is ahead of it. */
const MAX_STREAMS = 4;

interface Piece {
  readonly first: number;
  readonly end: number;
  readonly bytes: Uint8Array;
  /** Settles when the bytes are there; never rejects unobserved. */
  readonly arrived: Promise<void>;
}

/** One pack that is being read. */
interface Stream {
  pieces: Piece[];
  /** Up to here pieces were asked for. */
  asked: number;
  /** Where a reader that reads on would begin. */
  next: number;
  /** Leaves that are asked for beyond what is wanted: more, the longer it reads on. */
  ahead: number;
}

/** One lane alone reads what it is asked for, when it is asked. */
export function sourceOf(
  sources: readonly LeafSource[],
  shape: NetworkShape,
  { isFast = () => false }: Pick<ReadingLanes, 'isFast'>,
): LeafSource {
  const [only, ...others] = sources;
  if (only !== undefined && others.length === 0) return only;
  return new ReadAhead(sources, shape, isFast);
}

export class ReadAhead implements LeafSource {
  readonly #lanes: readonly Lane[];
  readonly #pieceLeaves: number;
  readonly #mostAhead: number;
  readonly #leafBytes: number;
  readonly #pool = new PagePool();
  readonly #whole: WholePacks;
  readonly #isFast: () => boolean;
  #reading = 0;
  /** Those used last are at the end. */
  readonly #streams = new Map<PackId, Stream>();

  /** Each lane is used for one piece at a time. `isFast`: a whole pack takes no longer than one may wait for it. */
  constructor(lanes: readonly LeafSource[], shape: NetworkShape, isFast: () => boolean) {
    const { leafBytes, windowLeaves } = shape;
    assert(lanes.length > 0, 'at least one lane');
    const windows = (bytes: number): number =>
      Math.max(1, Math.floor(bytes / (leafBytes * windowLeaves)));
    this.#lanes = lanes.map((source) => new Lane(source));
    this.#pieceLeaves = windows(PIECE_BYTES) * windowLeaves;
    this.#mostAhead = windows(AHEAD_BYTES) * windowLeaves;
    this.#leafBytes = leafBytes;
    this.#isFast = isFast;
    this.#whole = new WholePacks((...asked) => this.#idlest().fetch(...asked), shape);
  }

  expect(row: PackRow): void {
    if (this.#isFast()) this.#whole.expect(row);
  }

  async fetch(row: PackRow, leaves: LeafRange, into: Uint8Array): Promise<void> {
    if (this.#whole.has(row.packId)) return await this.#whole.fetch(row, leaves, into);
    this.#reading++;
    try {
      await this.#fetch(row, leaves, into);
    } finally {
      this.#reading--;
    }
  }

  async #fetch(row: PackRow, { first, count }: LeafRange, into: Uint8Array): Promise<void> {
    const end = first + count;
    const stream = this.#streamAt(row.packId, first);
    stream.next = end;
    this.#ask(row, stream, end);
    this.#ask(row, stream, Math.min(row.leafCount, end + stream.ahead));
    const wanted = stream.pieces.filter((piece) => piece.first < end && piece.end > first);
    try {
      for (const piece of wanted) {
        await piece.arrived;
        this.#copy(piece, first, into);
      }
    } catch (error) {
      this.#streams.delete(row.packId);
      throw error;
    }
    stream.pieces = stream.pieces.filter((piece) => piece.end > end);
    // Those that were passed over may still be on their way, and others may read the same.
    if (this.#reading > 1) return;
    for (const piece of wanted) if (piece.end <= end) this.#pool.give(piece.bytes);
  }

  /** Goes on with what is known of this pack, or begins anew where nobody read before. */
  #streamAt(packId: PackId, first: number): Stream {
    const known = this.#streams.get(packId);
    this.#streams.delete(packId);
    const readsOn = known !== undefined && first === known.next;
    const start = known?.pieces[0]?.first ?? known?.asked ?? 0;
    const isCovered = known !== undefined && first >= start && first <= known.asked;
    const stream =
      known !== undefined && isCovered
        ? known
        : { pieces: [], asked: first, next: first, ahead: 0 };
    const more = stream.ahead === 0 ? this.#pieceLeaves : 2 * stream.ahead;
    stream.ahead = readsOn ? Math.min(this.#mostAhead, more) : 0;
    this.#streams.set(packId, stream);
    const [oldest] = this.#streams.keys();
    if (this.#streams.size > MAX_STREAMS && oldest !== undefined) this.#streams.delete(oldest);
    return stream;
  }

  #ask(row: PackRow, stream: Stream, until: number): void {
    while (stream.asked < until) {
      const first = stream.asked;
      const end = Math.min(first + this.#pieceLeaves, until);
      const bytes = this.#pool.take((end - first) * this.#leafBytes);
      const arrived = this.#idlest().fetch(row, { first, count: end - first }, bytes);
      arrived.catch(() => undefined); // whoever wants the piece is told; nobody may
      stream.pieces.push({ first, end, bytes, arrived });
      stream.asked = end;
    }
  }

  #idlest(): Lane {
    return this.#lanes.reduce((least, lane) => (lane.waiting < least.waiting ? lane : least));
  }

  #copy(piece: Piece, first: number, into: Uint8Array): void {
    const from = Math.max(first, piece.first);
    const at = (from - first) * this.#leafBytes;
    const part = piece.bytes.subarray((from - piece.first) * this.#leafBytes);
    into.set(part.subarray(0, into.length - at), at);
  }
}

/** One piece after the other; a fast store's lane is idle sooner, and so gets more of them. */
class Lane {
  readonly #source: LeafSource;
  readonly #turns = new Turns();
  waiting = 0;

  constructor(source: LeafSource) {
    this.#source = source;
  }

  async fetch(row: PackRow, leaves: LeafRange, into: Uint8Array): Promise<void> {
    this.waiting++;
    try {
      await this.#turns.take(() => this.#source.fetch(row, leaves, into));
    } finally {
      this.waiting--;
    }
  }
}
