// Where the chunks of one open pack lie: a hash table over its directory. It makes no string and no view per
// question: a restore asks once for every chunk.
import { assert, type ChunkId } from '@kura/base';
import type { DirectoryFrame, PackDirectory } from '@kura/format';

export interface ChunkPlace {
  readonly frame: DirectoryFrame;
  /** Position among the chunks of the frame. */
  readonly index: number;
  /** Of the plaintext of the frame. */
  readonly offset: number;
  readonly length: number;
}

const EMPTY = 0;

export class ChunkPlaces {
  readonly #places: ChunkPlace[] = [];
  /** Position among the places, from 1; at least half of them are empty. */
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor({ frames }: PackDirectory) {
    for (const frame of frames) {
      let offset = 0;
      for (const [index, { length }] of frame.chunks.entries()) {
        this.#places.push({ frame, index, offset, length });
        offset += length;
      }
    }
    let slots = 1;
    while (slots < 2 * this.#places.length) slots *= 2;
    this.#slots = new Uint32Array(slots);
    this.#mask = slots - 1;
    for (const [position, place] of this.#places.entries()) {
      this.#slots[this.#slotOf(idOf(place))] = position + 1;
    }
  }

  find(id: ChunkId): ChunkPlace | undefined {
    const position = this.#slots[this.#slotOf(id)] ?? EMPTY;
    return position === EMPTY ? undefined : this.#places[position - 1];
  }

  /** Where this chunk is, or would be. Ids are keyed hashes: their first bytes spread evenly. */
  #slotOf(id: ChunkId): number {
    let slot = firstBytes(id) & this.#mask;
    for (;;) {
      const place = this.#places[(this.#slots[slot] ?? EMPTY) - 1];
      if (place === undefined || isSame(idOf(place), id)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

function idOf({ frame, index }: ChunkPlace): ChunkId {
  const chunk = frame.chunks[index];
  assert(chunk !== undefined, 'a place is of a chunk of its frame');
  return chunk.id;
}

function firstBytes(id: ChunkId): number {
  return (id[0] ?? 0) | ((id[1] ?? 0) << 8) | ((id[2] ?? 0) << 16);
}

function isSame(one: ChunkId, other: ChunkId): boolean {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
