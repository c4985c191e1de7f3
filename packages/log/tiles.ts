// A log's tree in tiles of 256 hashes (C2SP tlog-tiles): files or rows that never change once they are full, from
// which anybody computes any head and any proof. This file says which tiles there are, what they are called, which
// of them something needs, and computes it; where they are kept and how they are fetched is the caller's affair.
import { assert, KuraError, must } from '@kura/base';
import { emptyHead, HASH_BYTES, nodesHead } from './hash.ts';
import { foldNodes } from './merkle-tree.ts';
import {
  consistencyRanges,
  type EntryRange,
  inclusionRanges,
  nodesOfRange,
  type TreeNode,
} from './proof-ranges.ts';

/** Levels of the tree that one tile spans. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
/** The largest level of a log with fewer than 2^53 entries. */
const MAX_TILE_LEVEL = 6;

export interface TileId {
  /** Of tiles: its hashes are the heads of 256^level entries each. */
  readonly level: number;
  /** From the left. */
  readonly index: number;
  /** Hashes in it: 256 for a full tile, fewer only at the right edge. */
  readonly width: number;
}

/** The hashes of tiles that were fetched: at least `width` of them, 32 bytes each, from the left. */
export type TileHashes = (tile: TileId) => Uint8Array;

export interface Tile extends TileId {
  readonly hashes: Uint8Array;
}

const entriesPerHash = (level: number): number => TILE_WIDTH ** level;

/** "tile/0/x001/x234/067" or, of a partial tile, "tile/0/x001/x234/067.p/112". */
export function tilePath({ level, index, width }: TileId): string {
  assert(width >= 1 && width <= TILE_WIDTH, 'a tile of 1 to 256 hashes');
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = must(padded.match(/\d{3}/g), 'a number has digits');
  const path = groups.map((group, at) => (at + 1 < groups.length ? `x${group}` : group)).join('/');
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

const PATH = /^tile\/(0|[1-9]\d?)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** Undefined unless `path` is what `tilePath` writes. */
export function parseTilePath(path: string): TileId | undefined {
  const [, level = '', groups = '', width] = PATH.exec(path) ?? [];
  const tile: TileId = {
    level: Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  const isTile =
    level !== '' &&
    tile.level <= MAX_TILE_LEVEL &&
    tile.width <= TILE_WIDTH &&
    Number.isSafeInteger(tile.index);
  return isTile && tilePath(tile) === path ? tile : undefined;
}

/** The tile at this place in a tree of `size` entries; undefined if it has no hash yet. */
export function tileAt({ level, index }: Omit<TileId, 'width'>, size: number): TileId | undefined {
  const hashes = Math.floor(size / entriesPerHash(level));
  const width = Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : undefined;
}

/** The rightmost tile of every level that has one, the lowest first: all that is needed to grow. */
export function edgeTiles(size: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0; entriesPerHash(level) <= size; level++) {
    const hashes = Math.floor(size / entriesPerHash(level));
    const index = Math.floor((hashes - 1) / TILE_WIDTH);
    tiles.push(must(tileAt({ level, index }, size), 'an edge has a hash'));
  }
  return tiles;
}

/** Where a node's hash comes from: a tile of the tree of `size` entries, and the hashes of it below the node. */
function placeOf(node: TreeNode, size: number): { tile: TileId; from: number; to: number } {
  const level = Math.floor(node.level / TILE_HEIGHT);
  const span = 2 ** (node.level - level * TILE_HEIGHT);
  const first = node.index * span;
  const index = Math.floor(first / TILE_WIDTH);
  const from = first - index * TILE_WIDTH;
  const tile = must(tileAt({ level, index }, size), 'a node lies within the tree');
  assert(from + span <= tile.width, 'a node lies within its tile');
  return { tile, from, to: from + span };
}

function tilesFor(ranges: readonly EntryRange[], size: number): TileId[] {
  const tiles = new Map<string, TileId>();
  for (const node of ranges.flatMap(nodesOfRange)) {
    const { tile } = placeOf(node, size);
    tiles.set(tilePath(tile), tile);
  }
  return [...tiles.values()];
}

function hashOf(node: TreeNode, size: number, hashes: TileHashes): Uint8Array {
  const { tile, from, to } = placeOf(node, size);
  const bytes = hashes(tile);
  if (bytes.length < tile.width * HASH_BYTES || bytes.length % HASH_BYTES !== 0) {
    throw new KuraError('corrupt', `${tilePath(tile)} has not the hashes that it should have`);
  }
  return nodesHead(bytes.subarray(from * HASH_BYTES, to * HASH_BYTES));
}

function headOf(range: EntryRange, size: number, hashes: TileHashes): Uint8Array {
  return foldNodes(nodesOfRange(range).map((node) => hashOf(node, size, hashes)));
}

/** What `inclusionFromTiles` will ask for. */
export function inclusionTiles(index: number, size: number): TileId[] {
  return tilesFor(inclusionRanges(index, size), size);
}

export function inclusionFromTiles(
  of: { readonly index: number; readonly size: number },
  hashes: TileHashes,
): Uint8Array[] {
  return inclusionRanges(of.index, of.size).map((range) => headOf(range, of.size, hashes));
}

/** What `consistencyFromTiles` will ask for. */
export function consistencyTiles(fromSize: number, toSize: number): TileId[] {
  return tilesFor(consistencyRanges(fromSize, toSize), toSize);
}

export function consistencyFromTiles(
  of: { readonly fromSize: number; readonly toSize: number },
  hashes: TileHashes,
): Uint8Array[] {
  const { fromSize, toSize } = of;
  return consistencyRanges(fromSize, toSize).map((range) => headOf(range, toSize, hashes));
}

/** What `headFromTiles` will ask for. */
export function headTiles(size: number): TileId[] {
  return tilesFor([{ from: 0, to: size }], size);
}

/** The head when the log had `size` entries, from tiles of a log that has at least as many. */
export function headFromTiles(size: number, hashes: TileHashes): Uint8Array {
  return size === 0 ? emptyHead() : headOf({ from: 0, to: size }, size, hashes);
}

/**
 * The tiles that are new or wider after these entry hashes (32 bytes each, concatenated) follow a tree of `size`
 * entries; `hashes` is asked for tiles of `edgeTiles(size)` that are not full.
 */
export function growTiles(size: number, entryHashes: Uint8Array, hashes: TileHashes): Tile[] {
  const grown: Tile[] = [];
  let added = entryHashes;
  for (let level = 0; added.length > 0; level++) {
    const before = Math.floor(size / entriesPerHash(level));
    const tiles = growLevel({ level, before, added }, hashes);
    grown.push(...tiles);
    const full = tiles.filter(({ width }) => width === TILE_WIDTH);
    added = Buffer.concat(full.map((tile) => nodesHead(tile.hashes)));
  }
  return grown;
}

function growLevel(
  { level, before, added }: { level: number; before: number; added: Uint8Array },
  hashes: TileHashes,
): Tile[] {
  const first = Math.floor(before / TILE_WIDTH);
  const width = before - first * TILE_WIDTH;
  const edge = width === 0 ? new Uint8Array(0) : hashes({ level, index: first, width });
  const all = Buffer.concat([edge.subarray(0, width * HASH_BYTES), added]);
  const tiles: Tile[] = [];
  for (let at = 0; at < all.length; at += TILE_WIDTH * HASH_BYTES) {
    const part = new Uint8Array(all.subarray(at, at + TILE_WIDTH * HASH_BYTES));
    const index = first + tiles.length;
    tiles.push({ level, index, width: part.length / HASH_BYTES, hashes: part });
  }
  return tiles;
}
