// Proofs of the log against any size that it ever had, made from its tiles when somebody asks.
import {
  consistencyFromTiles,
  consistencyTiles,
  headFromTiles,
  headTiles,
  inclusionFromTiles,
  inclusionTiles,
} from '@kura/log';
import type { Rows } from '../db/tables.ts';
import { readTiles } from './tiles.ts';

/** From the leaf's sibling up to the root's child, for the tree of `size` leaves. */
export async function proveInclusion(
  rows: Rows,
  leafIndex: number,
  size: number,
): Promise<readonly Uint8Array[]> {
  const hashes = await readTiles(rows, inclusionTiles(leafIndex, size));
  return inclusionFromTiles({ index: leafIndex, size }, hashes);
}

/** That the tree of `toSize` leaves begins with the tree of `fromSize` leaves. */
export async function proveConsistency(
  rows: Rows,
  fromSize: number,
  toSize: number,
): Promise<readonly Uint8Array[]> {
  const hashes = await readTiles(rows, consistencyTiles(fromSize, toSize));
  return consistencyFromTiles({ fromSize, toSize }, hashes);
}

/** The head that the log had at this size. */
export async function headAt(rows: Rows, size: number): Promise<Uint8Array> {
  const tiles = size === 0 ? [] : headTiles(size);
  return headFromTiles(size, await readTiles(rows, tiles));
}
