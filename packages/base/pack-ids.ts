// Many pack ids at once: ascending, each once, 32 bytes each. A million of them as strings is a hundred megabytes.
import { assert } from './assert.ts';
import { fromHex, toHex } from './bytes.ts';
import { type PackId, packId } from './ids.ts';

const ID_BYTES = 32;

export class PackIds implements Iterable<PackId> {
  /** One after the other. */
  readonly bytes: Uint8Array;

  private constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Undefined if one is there twice. */
  static of(ids: Iterable<PackId>): PackIds | undefined {
    const sorted = [...ids].sort();
    const bytes = new Uint8Array(sorted.length * ID_BYTES);
    for (const [index, id] of sorted.entries()) bytes.set(fromHex(id), index * ID_BYTES);
    return PackIds.read(bytes);
  }

  /** Takes the bytes over. Undefined unless they are whole ids that ascend. */
  static read(bytes: Uint8Array): PackIds | undefined {
    if (bytes.length % ID_BYTES !== 0) return undefined;
    const ids = new PackIds(bytes);
    for (let index = 1; index < ids.length; index++) {
      if (Buffer.compare(ids.#at(index - 1), ids.#at(index)) >= 0) return undefined;
    }
    return ids;
  }

  get length(): number {
    return this.bytes.length / ID_BYTES;
  }

  has(id: PackId): boolean {
    const wanted = fromHex(id);
    assert(wanted.length === ID_BYTES, 'a pack id has one length');
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = Buffer.compare(this.#at(middle), wanted);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  *[Symbol.iterator](): Generator<PackId> {
    for (let index = 0; index < this.length; index++) yield packId(toHex(this.#at(index)));
  }

  #at(index: number): Uint8Array {
    return this.bytes.subarray(index * ID_BYTES, (index + 1) * ID_BYTES);
  }
}
