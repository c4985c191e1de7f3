// Every bound in one place, each with what breaks if it were smaller or larger. Shapes of a network
// (pack and leaf sizes) are parameters, so that a simulator can run the same code on kilobytes.
import { KIB, MIB } from './units.ts';

/** The grid of a network. All sizes in bytes; leaves per pack ascending. */
export interface NetworkShape {
  /** One leaf = one sealed segment = one Merkle leaf: the unit of hashing and repair. */
  readonly leafBytes: number;
  /** The only sizes a pack may have, in leaves: whatever a store sees is one of these. */
  readonly packLeaves: readonly [number, number, number];
  /** Leaves fetched at once: ranges smaller than this would show where chunks begin. */
  readonly windowLeaves: number;
  /** Content-defined chunking: no chunk but a file's last is smaller than `minChunkBytes`. */
  readonly minChunkBytes: number;
  readonly averageChunkBytes: number;
  readonly maxChunkBytes: number;
  /** Large files are cut into shares of about this size, so that several threads can work on one. */
  readonly shareBytes: number;
  /** Chunks up to this size are compressed together in frames of up to `frameBytes`. */
  readonly smallChunkBytes: number;
  readonly frameBytes: number;
}

export const STANDARD_SHAPE: NetworkShape = {
  leafBytes: 64 * KIB,
  packLeaves: [16, 64, 256],
  windowLeaves: 4,
  minChunkBytes: 256 * KIB,
  averageChunkBytes: 1 * MIB,
  maxChunkBytes: 4 * MIB,
  shareBytes: 16 * MIB,
  smallChunkBytes: 128 * KIB,
  frameBytes: 1 * MIB,
};

/** For simulations and unit tests: the same code on small numbers. */
export const SMALL_SHAPE: NetworkShape = {
  leafBytes: 4 * KIB,
  packLeaves: [4, 8, 16],
  windowLeaves: 2,
  minChunkBytes: 1 * KIB,
  averageChunkBytes: 4 * KIB,
  maxChunkBytes: 8 * KIB,
  shareBytes: 64 * KIB,
  smallChunkBytes: 1 * KIB,
  frameBytes: 4 * KIB,
};

/** A file name on any system we know has at most 255 bytes; some allow more in UTF-16. */
export const MAX_NAME_BYTES = 1024;
/** Linux allows 4096; a link target may be longer elsewhere. */
export const MAX_PATH_BYTES = 32 * KIB;
/** Linux caps one extended attribute at 64 KiB. */
export const MAX_XATTR_BYTES = 64 * KIB;
export const MAX_XATTRS = 1024;
/** Deeper trees than this are refused: recursion stays bounded on hostile input. */
export const MAX_TREE_DEPTH = 2048;
/** A signed snapshot record: paths, tags and statistics. */
export const MAX_SNAPSHOT_BYTES = 1 * MIB;
export const MAX_COPIES = 8;
/** Every list of stores stays one answer. The directory of a network, a card and a choice of places hold them all. */
export const MAX_STORES = 1000;
