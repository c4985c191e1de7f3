// The table of a store's leaf hashes: 26 bits of each hash and its place in one number, sorted, eight bytes a leaf.
// It says where a leaf may stand; whether it does, the copy's own table says.
import { assert, type CopyId, must } from '@kura/base';
import { HASH_BYTES } from '../shelf/layout.ts';

/** 512 GiB of standard leaves, 64 MiB of memory; what comes after them is not looked for. */
export const MAX_INDEXED_LEAVES = 2 ** 23;
const PLACES = 2 ** 27;
const PREFIX_SHIFT = 6;

export interface LeafPlace {
  readonly copyId: CopyId;
  readonly leaf: number;
}

/** The first 26 bits. */
function prefixOf(hashes: Uint8Array, at: number): number {
  return new DataView(hashes.buffer, hashes.byteOffset + at).getUint32(0) >>> PREFIX_SHIFT;
}

export class LeafIndexBuilder {
  readonly #copies: CopyId[] = [];
  /** Of each copy, the number of its first leaf. */
  readonly #firsts: number[] = [];
  #entries = new Float64Array(1024);
  #count = 0;

  /** False once it is full: nothing of this copy is in it. */
  add(copyId: CopyId, leafHashes: Uint8Array): boolean {
    const leaves = leafHashes.length / HASH_BYTES;
    if (this.#count + leaves > MAX_INDEXED_LEAVES) return false;
    this.#reserve(leaves);
    this.#copies.push(copyId);
    this.#firsts.push(this.#count);
    for (let leaf = 0; leaf < leaves; leaf++) {
      const place = this.#count++;
      this.#entries[place] = prefixOf(leafHashes, leaf * HASH_BYTES) * PLACES + place;
    }
    return true;
  }

  end(): LeafIndex {
    return new LeafIndex(this.#entries.slice(0, this.#count).sort(), this.#copies, this.#firsts);
  }

  #reserve(leaves: number): void {
    let size = this.#entries.length;
    while (size < this.#count + leaves) size *= 2;
    if (size === this.#entries.length) return;
    const grown = new Float64Array(size);
    grown.set(this.#entries);
    this.#entries = grown;
  }
}

export class LeafIndex {
  readonly #entries: Float64Array;
  readonly #copies: readonly CopyId[];
  readonly #firsts: readonly number[];

  constructor(entries: Float64Array, copies: readonly CopyId[], firsts: readonly number[]) {
    this.#entries = entries;
    this.#copies = copies;
    this.#firsts = firsts;
  }

  /** Where a leaf of this hash may stand: seldom more than one place. */
  *candidates(hash: Uint8Array): Generator<LeafPlace> {
    assert(hash.length === HASH_BYTES, 'a leaf hash is 32 bytes');
    const from = prefixOf(hash, 0) * PLACES;
    for (let at = this.#firstFrom(from); at < this.#entries.length; at++) {
      const entry = must(this.#entries[at], 'an entry');
      if (entry >= from + PLACES) return;
      yield this.#placeOf(entry - from);
    }
  }

  /** The first entry that is not below `value`. */
  #firstFrom(value: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (must(this.#entries[middle], 'an entry') < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #placeOf(place: number): LeafPlace {
    let low = 0;
    let high = this.#firsts.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (must(this.#firsts[middle], 'a copy') <= place) low = middle;
      else high = middle;
    }
    const copyId = must(this.#copies[low], 'a copy');
    return { copyId, leaf: place - must(this.#firsts[low], 'a copy') };
  }
}
