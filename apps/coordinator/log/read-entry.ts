// What the log has at a place, out of its tiles.
import { equalBytes } from '@kura/base';
import { HASH_BYTES, TILE_WIDTH } from '@kura/log';
import type { Rows } from '../db/tables.ts';
import { readTile } from './tiles.ts';

/** Whether the leaf there is of this entry: `entryHash` as `recordEntryHash` has it. False beyond the log's end. */
export async function isEntryAt(
  rows: Rows,
  leafIndex: number,
  entryHash: Uint8Array,
): Promise<boolean> {
  const at = leafIndex % TILE_WIDTH;
  const tile = { level: 0, index: Math.floor(leafIndex / TILE_WIDTH), width: at + 1 };
  const hashes = await readTile(rows, tile);
  return hashes !== undefined && equalBytes(hashes.subarray(at * HASH_BYTES), entryHash);
}
