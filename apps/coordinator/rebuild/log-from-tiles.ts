// The log out of its tiles, wherever a copy of them lies: all leaves are read, and must lead to the head that this
// network's own key has signed. What is shown to be shorter than a witness remembers is not continued: that would be
// another history under the same key.
import { assert, concatBytes, equalBytes, KuraError } from '@kura/base';
import {
  HASH_BYTES,
  judgeWitnesses,
  openCheckpoint,
  parseNote,
  signCheckpoint,
  TILE_WIDTH,
  tileAt,
  tilePath,
} from '@kura/log';
import {
  appendLeaf,
  EMPTY_FRONTIER,
  encodePeaks,
  type Frontier,
  headOf,
} from '../custody/log-frontier.ts';
import type { LogSigner } from '../custody/log-key.ts';
import { batches } from '../db/batches.ts';
import type { Rows } from '../db/tables.ts';
import { foldTiles } from '../log/tiles.ts';
import { readPolicy } from '../log/witnesses.ts';

/** A copy of the files of a log (C2SP tlog-tiles). */
export interface TileSource {
  /** A signed note; undefined: there is no log. */
  checkpoint(): Promise<string | undefined>;
  /** By its path, "tile/0/x001/234"; undefined: it is not there. */
  tile(path: string): Promise<Uint8Array | undefined>;
}

export interface MirroredLog {
  /** The note as it was found, with the lines of witnesses. */
  readonly checkpoint: string;
  readonly size: number;
  /** Of all leaves, 32 bytes each. */
  readonly entryHashes: Uint8Array;
  /** What these leaves lead to. */
  readonly frontier: Frontier;
}

/**
 * Undefined: nothing was ever logged. Throws `corrupt` for tiles that do not lead to the checkpoint, `missing`,
 * `refused`.
 */
export async function readMirror(
  source: TileSource,
  signer: LogSigner,
): Promise<MirroredLog | undefined> {
  const checkpoint = await source.checkpoint();
  if (checkpoint === undefined) return undefined;
  const { size, head } = openCheckpoint(checkpoint, signer);
  const tiles: Uint8Array[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index++)
    tiles.push(await leavesAt(source, index, size));
  const entryHashes = concatBytes(...tiles);
  const frontier = frontierOf(entryHashes);
  if (!equalBytes(headOf(frontier), head)) {
    throw new KuraError('corrupt', 'the tiles do not lead to the head that this log has signed', {
      guidance: 'Use another copy of the tiles.',
    });
  }
  return { checkpoint, size, entryHashes, frontier };
}

async function leavesAt(source: TileSource, index: number, size: number): Promise<Uint8Array> {
  const tile = tileAt({ level: 0, index }, size);
  assert(tile !== undefined, 'a tile that begins before the end has a hash');
  const wanted = tile.width * HASH_BYTES;
  const path = tilePath(tile);
  // A mirror that has gone on may hold the whole tile instead of its beginning.
  const found =
    (await source.tile(path)) ?? (await source.tile(tilePath({ ...tile, width: TILE_WIDTH })));
  if (found === undefined || found.length < wanted) {
    throw new KuraError('missing', `the tile ${path} is not there, or not whole`, {
      guidance: 'Use a copy of the tiles that is whole.',
    });
  }
  return found.subarray(0, wanted);
}

function frontierOf(entryHashes: Uint8Array): Frontier {
  let frontier = EMPTY_FRONTIER;
  for (let at = 0; at < entryHashes.length; at += HASH_BYTES) {
    ({ frontier } = appendLeaf(frontier, entryHashes.slice(at, at + HASH_BYTES)));
  }
  return frontier;
}

/** Into tables without a log: it goes on from the head of the mirror. */
export async function loadLog(rows: Rows, log: MirroredLog, signer: LogSigner): Promise<void> {
  const { entryHashes, frontier, size, checkpoint } = log;
  for (const batch of batches(leavesOf(entryHashes))) {
    await rows
      .insertInto('log_entries')
      .values([...batch])
      .execute();
  }
  await foldTiles(rows, size);
  const head = { origin: signer.origin, size, head: headOf(frontier) };
  await rows
    .insertInto('log_frontier')
    .values({
      ...{ number: 1, size, peaks: encodePeaks(frontier) },
      checkpoint: signCheckpoint(head, signer.seed),
    })
    .execute();
  const { isWitnessed } = judgeWitnesses(parseNote(checkpoint), await readPolicy(rows, signer));
  if (!isWitnessed) return;
  const witnessed = { number: 1, size, checkpoint, witnessed_ms: 0 } as const;
  await rows.insertInto('log_witnessed').values(witnessed).execute();
}

function* leavesOf(entryHashes: Uint8Array) {
  for (let at = 0; at < entryHashes.length; at += HASH_BYTES) {
    yield { leaf_index: at / HASH_BYTES, entry_hash: entryHashes.slice(at, at + HASH_BYTES) };
  }
}
