// A copy of a log's tiles in a folder, laid out as their specification has it (C2SP tlog-tiles): filled from a
// coordinator, as often as somebody likes, and read when a coordinator is brought back.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { asKuraError, errnoOf } from '@kura/base';
import { LOG_ENDPOINTS as LOG } from '@kura/contract/wire/endpoints/log.ts';
import type { TileSource } from '@kura/coordinator/rebuild/log-from-tiles.ts';
import { parseCheckpoint, parseNote, TILE_WIDTH, tileAt, tilePath } from '@kura/log';
import { readWhole } from '@kura/wire/body.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';

const CHECKPOINT = 'checkpoint';

export function tileFolder(folder: string): TileSource {
  const read = (name: string): Uint8Array | undefined => {
    try {
      return new Uint8Array(readFileSync(join(folder, name)));
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw asKuraError(error, `${join(folder, name)} cannot be read`);
    }
  };
  return {
    checkpoint: async () => {
      const note = read(CHECKPOINT);
      return note === undefined ? undefined : Buffer.from(note).toString('utf8');
    },
    tile: async (path) => read(path),
  };
}

export interface Mirrored {
  /** Leaves under the checkpoint that was written. */
  readonly leaves: number;
  /** Fetched now. */
  readonly tiles: number;
}

/** Fetches what the folder does not have; the checkpoint last, so that what it names is there. */
export async function mirrorTiles(client: EndpointClient, folder: string): Promise<Mirrored> {
  const note = await readWhole(await client.call(LOG.logCheckpoint, {}));
  const { size } = parseCheckpoint(parseNote(Buffer.from(note).toString('utf8')).text);
  const known = tileFolder(folder);
  let tiles = 0;
  for (let level = 0; TILE_WIDTH ** level <= size; level++) {
    const hashes = Math.floor(size / TILE_WIDTH ** level);
    for (let index = 0; index * TILE_WIDTH < hashes; index++) {
      const tile = tileAt({ level, index }, size);
      if (tile === undefined) break;
      const path = tilePath(tile);
      if ((await known.tile(path)) !== undefined) continue;
      const params = { tile: path.replace(/^tile\//, '') };
      write(join(folder, path), await readWhole(await client.call(LOG.logTile, { params })));
      tiles++;
    }
  }
  write(join(folder, CHECKPOINT), note);
  return { leaves: size, tiles };
}

function write(path: string, bytes: Uint8Array): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, bytes, { flush: true });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw asKuraError(error, `${path} cannot be written`);
  }
}
