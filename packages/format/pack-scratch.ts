// Memory for reading packs, used by one reader after the other: a restore reads millions of frames
// and must not allocate for each. It remembers which opened leaves it holds, and the last window of
// readers before, so that neighbouring frames do not fetch a window twice. Not for two readers at
// the same moment.
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
/**
 * Neighbours in a folder lie in packs that are read in turn (threats R2), and the end of one frame shares its
 * window with the beginning of the next. Without the last windows of this many readers, a restore of small
 * files fetches, checks and opens nearly every window twice.
 */
const MAX_TAILS = 8;

/** Opened leaves of one reader. */
interface Held {
  readonly range: LeafRange;
  readonly bytes: Uint8Array;
}

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
  /** Of readers that gave way to others, the longest ago first. */
  readonly #tails = new Map<object, Held>();
  readonly #spareTails: Uint8Array[] = [];

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
    const held = this.#heldBy(owner);
    if (held === undefined) return firstLeaf;
    const end = held.range.firstLeaf + held.range.count;
    return firstLeaf >= held.range.firstLeaf && firstLeaf < end ? end : firstLeaf;
  }

  /**
   * Room for a range. What is held of its front is moved there; until `hold`, nothing counts as
   * held.
   */
  take(owner: object, range: LeafRange): Uint8Array {
    const { leafBytes } = this.#shape;
    assert(range.count <= this.#maxLeaves, 'more leaves than a scratch may hold');
    const held = this.#heldBy(owner);
    const keptLeaves = this.heldFrom(owner, range.firstLeaf) - range.firstLeaf;
    // Out of the list first: keeping another's tail may drop the oldest, and that could be this one.
    this.#tails.delete(owner);
    if (this.#owner !== owner) this.#keepTail();
    const target = this.#roomForLeaves(range.count * leafBytes);
    if (held !== undefined && keptLeaves > 0) {
      const from = (range.firstLeaf - held.range.firstLeaf) * leafBytes;
      target.set(held.bytes.subarray(from, from + keptLeaves * leafBytes));
    }
    if (held !== undefined && this.#owner !== owner) this.#spareTails.push(held.bytes);
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
    const held = this.#heldBy(owner);
    assert(held !== undefined, "another reader's leaves");
    const { leafBytes } = this.#shape;
    const from = firstLeaf - held.range.firstLeaf;
    assert(from >= 0 && from < held.range.count, 'leaves that are not held');
    return held.bytes.subarray(from * leafBytes, held.range.count * leafBytes);
  }

  #heldBy(owner: object): Held | undefined {
    if (this.#owner === owner) return { range: this.#range, bytes: this.#leaves };
    return this.#tails.get(owner);
  }

  /** The last window of the reader whose leaves are about to be overwritten. */
  #keepTail(): void {
    const owner = this.#owner;
    if (owner === undefined || this.#range.count === 0) return;
    const { leafBytes, windowLeaves } = this.#shape;
    const end = this.#range.firstLeaf + this.#range.count;
    const window = Math.floor((end - 1) / windowLeaves) * windowLeaves;
    const firstLeaf = Math.max(this.#range.firstLeaf, window);
    const from = (firstLeaf - this.#range.firstLeaf) * leafBytes;
    const room = this.#spareTails.pop() ?? new Uint8Array(windowLeaves * leafBytes);
    const count = end - firstLeaf;
    room.set(this.#leaves.subarray(from, from + count * leafBytes));
    this.#tails.set(owner, { range: { firstLeaf, count }, bytes: room });
    if (this.#tails.size <= MAX_TAILS) return;
    for (const oldest of this.#tails.keys()) {
      this.#dropTail(oldest);
      return;
    }
  }

  #dropTail(owner: object): void {
    const tail = this.#tails.get(owner);
    if (tail === undefined) return;
    this.#tails.delete(owner);
    this.#spareTails.push(tail.bytes);
  }

  /** Forgets what this owner left; the memory stays for the next. */
  release(owner: object): void {
    if (this.#owner === owner) this.#owner = undefined;
    this.#dropTail(owner);
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
