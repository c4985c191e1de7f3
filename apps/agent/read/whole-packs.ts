// Packs of which most is wanted, brought in as few answers as can be, because each costs both ends what 200 KiB cost:
// most packs come in one, with their leaf table, and the next one is on its way while one is read. A pack that was let
// go is read like any other.
import { MIB, type NetworkShape, type PackId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { PagePool } from '@kura/native';
import type { LeafRange } from './copy-fetcher.ts';

/** Larger: packs of every size but the largest are one piece as it is, and that one would be held whole. */
const PIECE_BYTES = 4 * MIB;
/** Of the largest pack: the one that is read, the next one, and the last one, where its directory is. */
const PIECES_HELD = 3;
/** Of all packs: of those of 4 MiB, the ones that a backup filled in turn and the next one of each. */
const HELD_BYTES = 24 * MIB;

interface Piece {
  readonly first: number;
  readonly bytes: Uint8Array;
  /** Settles when the bytes are there; never rejects unobserved. */
  readonly arrived: Promise<void>;
  isThere: boolean;
}

interface WholePack {
  readonly row: PackRow;
  /** By their place in the pack. */
  readonly pieces: Map<number, Piece>;
}

/** Fills the bytes with leaves of a pack. */
export type AskForLeaves = (row: PackRow, leaves: LeafRange, into: Uint8Array) => Promise<void>;

export class WholePacks {
  readonly #ask: AskForLeaves;
  readonly #leafBytes: number;
  readonly #pieceLeaves: number;
  readonly #pool = new PagePool();
  /** The longest expected are first. */
  readonly #packs = new Map<PackId, WholePack>();
  #reading = 0;

  constructor(ask: AskForLeaves, { leafBytes, windowLeaves }: NetworkShape) {
    this.#ask = ask;
    this.#leafBytes = leafBytes;
    this.#pieceLeaves =
      Math.max(1, Math.floor(PIECE_BYTES / (leafBytes * windowLeaves))) * windowLeaves;
  }

  has(packId: PackId): boolean {
    return this.#packs.has(packId);
  }

  /** Where a reader begins is asked for at once: the first leaf, and the end. */
  expect(row: PackRow): void {
    if (this.#packs.has(row.packId)) return;
    const pack = { row, pieces: new Map<number, Piece>() };
    this.#packs.set(row.packId, pack);
    this.#piece(pack, 0);
    this.#piece(pack, this.#lastOf(row));
    let heldBytes = this.#heldBytes();
    for (const [packId, oldest] of this.#packs) {
      if (heldBytes <= HELD_BYTES || oldest === pack) break;
      heldBytes -= this.#roomOf(oldest.row);
      this.#drop(packId, oldest);
    }
  }

  /** Of a pack that it has. */
  async fetch({ packId }: PackRow, { first, count }: LeafRange, into: Uint8Array): Promise<void> {
    const pack = this.#packs.get(packId);
    if (pack === undefined) throw new RangeError('a pack that is not expected');
    this.#reading++;
    try {
      const [from, until] = [first, first + count - 1].map((leaf) => this.#placeOf(leaf));
      for (let place = from ?? 0; place <= (until ?? 0); place++) {
        const piece = this.#piece(pack, place);
        if (place < this.#lastOf(pack.row)) this.#piece(pack, place + 1);
        await piece.arrived;
        this.#copy(piece, first, into);
      }
    } catch (error) {
      this.#packs.delete(packId);
      throw error;
    } finally {
      this.#reading--;
    }
    this.#letGo(pack, this.#placeOf(first));
  }

  #placeOf(leaf: number): number {
    return Math.floor(leaf / this.#pieceLeaves);
  }

  #lastOf({ leafCount }: PackRow): number {
    return this.#placeOf(leafCount - 1);
  }

  #roomOf({ leafCount }: PackRow): number {
    const leaves = Math.min(leafCount, PIECES_HELD * this.#pieceLeaves);
    return leaves * this.#leafBytes;
  }

  #heldBytes(): number {
    return this.#packs.values().reduce((sum, { row }) => sum + this.#roomOf(row), 0);
  }

  #piece(pack: WholePack, place: number): Piece {
    const known = pack.pieces.get(place);
    if (known !== undefined) return known;
    const first = place * this.#pieceLeaves;
    const count = Math.min(this.#pieceLeaves, pack.row.leafCount - first);
    const bytes = this.#pool.take(count * this.#leafBytes);
    const arrived = this.#ask(pack.row, { first, count }, bytes).then(() => {
      piece.isThere = true;
    });
    arrived.catch(() => undefined); // whoever wants the piece is told; nobody may
    const piece: Piece = { first, bytes, arrived, isThere: false };
    pack.pieces.set(place, piece);
    return piece;
  }

  /** What lies before the place that is read now is done with; its end may be looked at again. */
  #letGo(pack: WholePack, place: number): void {
    const last = this.#lastOf(pack.row);
    if (place === last) return;
    for (const [before, piece] of pack.pieces) {
      if (before >= place || before === last) continue;
      pack.pieces.delete(before);
      this.#give(piece);
    }
  }

  #drop(packId: PackId, { pieces }: WholePack): void {
    this.#packs.delete(packId);
    for (const piece of pieces.values()) this.#give(piece);
  }

  /** Unless somebody may still read or fill it. */
  #give({ isThere, bytes }: Piece): void {
    if (isThere && this.#reading === 0) this.#pool.give(bytes);
  }

  #copy(piece: Piece, first: number, into: Uint8Array): void {
    const from = Math.max(first, piece.first);
    const at = (from - first) * this.#leafBytes;
    const part = piece.bytes.subarray((from - piece.first) * this.#leafBytes);
    into.set(part.subarray(0, into.length - at), at);
  }
}
