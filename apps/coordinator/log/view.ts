// The whole log, for whoever checks all of it at once: an embedded network's own.
import { concatBytes } from '@kura/base';
import type { Rows } from '../db/tables.ts';

export interface LogView {
  readonly size: number;
  /** The newest signed head; undefined for an empty log. */
  readonly checkpoint: string | undefined;
  /** 32 bytes each, concatenated: `MerkleTree.fromEntryHashes` makes every proof from them. */
  readonly entryHashes: Uint8Array;
}

export async function readLog(rows: Rows): Promise<LogView> {
  const state = await rows.selectFrom('log_frontier').selectAll().executeTakeFirst();
  const tiles = await rows
    .selectFrom('log_tiles')
    .select('hashes')
    .where('level', '=', 0)
    .orderBy('number')
    .execute();
  const loose = await rows
    .selectFrom('log_entries')
    .select('entry_hash')
    .orderBy('leaf_index')
    .execute();
  const entryHashes = concatBytes(
    ...tiles.map(({ hashes }) => hashes),
    ...loose.map(({ entry_hash: hash }) => hash),
  );
  return { size: state?.size ?? 0, checkpoint: state?.checkpoint, entryHashes };
}
