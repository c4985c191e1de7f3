// Memory for reading packs, used by one reader after the other: a restore reads millions of frames
// and must not allocate for each. It remembers which opened leaves it holds, so that neighbouring
// frames do not fetch a window twice. Not for two readers at the same moment.
import { assert, type NetworkShape } from '@kura/base';
import { allocatePages } from '@kura/native';
import { MAX_FRAME_BYTES } from './directory.ts';
import { TAG_BYTES } from './pack-layout.ts';

export interface LeafRange {
  readonly firstLeaf: number;
  readonly count: number;
}

/** Grown to powers of two from here: a few folder pages need little, the largest frames 4 MiB. */
const FIRST_BYTES = 64 * 1024;

export class PackScratch {
  /** Leaves of payload that one read may span; longer reads take several. */
  readonly spanLeaves: number;
  readonly #shape: NetworkShape;
  readonly #maxLeaves: number;
  #leaves: Uint8Array = new Uint8Array(0);
  #stored: Uint8Array = new Uint8Array(0);
  #plain: Uint8Array = new Uint8Array(0);
  #owner: object | undefined;
  #range: LeafRange = { firstLeaf: 0, count: 0 };

  constructor(shape: NetworkShape) {
    const perLeaf = shape.leafBytes - TAG_BYTES;
    // The largest frame may begin at the end of one leaf and the header may push it on by one.
    const largest = Math.min(Math.ceil(MAX_FRAME_BYTES / perLeaf) + 2, shape.packLeaves[2]);
    this.#shape = shape;
    this.spanLeaves = largest;
    this.#maxLeaves = largest + 2 * (shape.windowLeaves - 1);
  }

  /**
   * The leaf up to which opened leaves are there from `firstLeaf` on; `firstLeaf` itself if none.
   */
  heldFrom(owner: object, firstLeaf: number): number {
    const end = this.#range.firstLeaf + this.#range.count;
    const isHeld = this.#owner === owner && firstLeaf >= this.#range.firstLeaf && firstLeaf < end;
    return isHeld ? end : firstLeaf;
  }

  /**
   * Room for a range. What is held of its front is moved there; until `hold`, nothing counts as
   * held.
   */
  take(owner: object, range: LeafRange): Uint8Array {
    const { leafBytes } = this.#shape;
    assert(range.count <= this.#maxLeaves, 'more leaves than a scratch may hold');
    const heldEnd = this.heldFrom(owner, range.firstLeaf);
    const from = (range.firstLeaf - this.#range.firstLeaf) * leafBytes;
    const kept = this.#leaves.subarray(from, from + (heldEnd - range.firstLeaf) * leafBytes);
    const target = this.#roomForLeaves(range.count * leafBytes);
    if (heldEnd > range.firstLeaf) target.set(kept);
    this.#owner = undefined;
    this.#leaves = target;
    return target.subarray(0, range.count * leafBytes);
  }

  /** The leaves of the range are opened and stay until something else is taken. */
  hold(owner: object, range: LeafRange): void {
    this.#owner = owner;
    this.#range = range;
  }

  /** Everything held from this leaf on. */
  view(owner: object, firstLeaf: number): Uint8Array {
    assert(this.#owner === owner, "another reader's leaves");
    const { leafBytes } = this.#shape;
    const from = firstLeaf - this.#range.firstLeaf;
    assert(from >= 0 && from < this.#range.count, 'leaves that are not held');
    return this.#leaves.subarray(from * leafBytes, this.#range.count * leafBytes);
  }

  /** Forgets what this owner left; the memory stays for the next. */
  release(owner: object): void {
    if (this.#owner === owner) this.#owner = undefined;
  }

  stored(bytes: number): Uint8Array {
    if (this.#stored.length < bytes) this.#stored = new Uint8Array(roundUp(bytes));
    return this.#stored.subarray(0, bytes);
  }

  plain(bytes: number): Uint8Array {
    if (this.#plain.length < bytes) this.#plain = allocatePages(roundUp(bytes));
    return this.#plain.subarray(0, bytes);
  }

  #roomForLeaves(bytes: number): Uint8Array {
    return this.#leaves.length >= bytes ? this.#leaves : allocatePages(roundUp(bytes));
  }
}

function roundUp(bytes: number): number {
  let size = FIRST_BYTES;
  while (size < bytes) size *= 2;
  return size;
}
