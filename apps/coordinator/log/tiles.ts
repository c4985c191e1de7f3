// The tiles of the log in the tables. Full ones are rows that never change; the partial tile at the right edge of every
// level follows from loose leaves and from the roots of the tiles below. So a tile of any width that any checkpoint
// ever needed can be had for ever.
import { concatBytes, must } from '@kura/base';
import {
  HASH_BYTES,
  nodesHead,
  TILE_WIDTH,
  type TileHashes,
  type TileId,
  tilePath,
} from '@kura/log';
import type { Rows } from '../db/tables.ts';

/** Called when the log has grown to a multiple of 256: loose leaves become tiles, and tiles those above them. */
export async function foldTiles(rows: Rows, size: number): Promise<void> {
  for (const number of await numbersToFold(rows, size)) {
    const hashes = await looseHashes(rows, number * TILE_WIDTH, TILE_WIDTH);
    await insertTile(rows, { level: 0, number, hashes });
    await rows
      .deleteFrom('log_entries')
      .where('leaf_index', '>=', number * TILE_WIDTH)
      .where('leaf_index', '<', (number + 1) * TILE_WIDTH)
      .execute();
  }
}

/** One as a rule; of a log that is older than its tiles all that are full. */
async function numbersToFold(rows: Rows, size: number): Promise<readonly number[]> {
  const first = await rows
    .selectFrom('log_entries')
    .select('leaf_index')
    .orderBy('leaf_index')
    .limit(1)
    .executeTakeFirst();
  const from = Math.floor((first?.leaf_index ?? size) / TILE_WIDTH);
  const count = Math.max(0, Math.floor(size / TILE_WIDTH) - from);
  return Array.from({ length: count }, (_, at) => from + at);
}

async function insertTile(
  rows: Rows,
  tile: { readonly level: number; readonly number: number; readonly hashes: Uint8Array },
): Promise<void> {
  const { level, number, hashes } = tile;
  await rows
    .insertInto('log_tiles')
    .values({ level, number, hashes, root: nodesHead(hashes) })
    .execute();
  if ((number + 1) % TILE_WIDTH !== 0) return;
  const above = (number + 1) / TILE_WIDTH - 1;
  const roots = await rootsOf(rows, level, { first: above * TILE_WIDTH, count: TILE_WIDTH });
  await insertTile(rows, { level: level + 1, number: above, hashes: roots });
}

/**
 * The hashes of a tile that some tree up to the newest has, `width` of them; undefined if there are not as many.
 * `width` may be less than there are: whoever asks follows an older checkpoint.
 */
export async function readTile(rows: Rows, tile: TileId): Promise<Uint8Array | undefined> {
  const { level, index, width } = tile;
  const full = await rows
    .selectFrom('log_tiles')
    .select('hashes')
    .where('level', '=', level)
    .where('number', '=', index)
    .executeTakeFirst();
  const run = { first: index * TILE_WIDTH, count: width };
  const hashes =
    full?.hashes.slice(0, width * HASH_BYTES) ??
    (level === 0
      ? await looseHashes(rows, run.first, run.count)
      : await rootsOf(rows, level - 1, run));
  return hashes.length === width * HASH_BYTES ? hashes : undefined;
}

/** For the functions of `@kura/log` that compute from tiles: these, read at once. Throws for one that is not there. */
export async function readTiles(rows: Rows, tiles: readonly TileId[]): Promise<TileHashes> {
  const read = new Map<string, Uint8Array>();
  for (const tile of tiles) {
    const path = tilePath(tile);
    read.set(path, must(await readTile(rows, tile), `the log has ${path}`));
  }
  return (tile) => must(read.get(tilePath(tile)), 'only what was read is asked for');
}

/** Hashes of loose leaves, as far as they are there. */
async function looseHashes(rows: Rows, first: number, count: number): Promise<Uint8Array> {
  const found = await rows
    .selectFrom('log_entries')
    .select('entry_hash')
    .where('leaf_index', '>=', first)
    .where('leaf_index', '<', first + count)
    .orderBy('leaf_index')
    .execute();
  return concatBytes(...found.map(({ entry_hash: hash }) => hash));
}

/** Roots of neighbouring full tiles, as far as they are there. */
async function rootsOf(
  rows: Rows,
  level: number,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<Uint8Array> {
  const found = await rows
    .selectFrom('log_tiles')
    .select('root')
    .where('level', '=', level)
    .where('number', '>=', first)
    .where('number', '<', first + count)
    .orderBy('number')
    .execute();
  if (found.length === count) return concatBytes(...found.map(({ root }) => root));
  return await rootsOneByOne(rows, level, { first, count });
}

/** Of a log that is older than its tiles, and has not grown to the next full one since. */
async function rootsOneByOne(
  rows: Rows,
  level: number,
  { first, count }: { readonly first: number; readonly count: number },
): Promise<Uint8Array> {
  const roots: Uint8Array[] = [];
  for (let index = first; index < first + count; index++) {
    const hashes = await readTile(rows, { level, index, width: TILE_WIDTH });
    if (hashes === undefined) break;
    roots.push(nodesHead(hashes));
  }
  return concatBytes(...roots);
}
