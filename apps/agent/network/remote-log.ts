// The log of a network as anybody reads it: its newest head, and proofs made here from its tiles.
import { KuraError } from '@kura/base';
import { LOG_ENDPOINTS as LOG } from '@kura/contract/wire/endpoints/log.ts';
import { consistencyFromTiles, consistencyTiles, type TileId, tilePath } from '@kura/log';
import { readWhole } from '@kura/wire/body.ts';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import type { LogSource } from '../heads/compare-log.ts';

const PREFIX = 'tile/';

export function remoteLog(client: EndpointClient): LogSource {
  return {
    checkpoint: async () => {
      try {
        const note = await readWhole(await client.call(LOG.logCheckpoint, {}));
        return Buffer.from(note).toString('utf8');
      } catch (error) {
        if (error instanceof KuraError && error.code === 'not_found') return undefined;
        throw error;
      }
    },
    consistency: async (fromSize, toSize) => {
      const tiles = new Map<string, Uint8Array>();
      for (const tile of consistencyTiles(fromSize, toSize)) {
        tiles.set(tilePath(tile), await readTile(client, tile));
      }
      return consistencyFromTiles({ fromSize, toSize }, (tile) => {
        const hashes = tiles.get(tilePath(tile));
        if (hashes !== undefined) return hashes;
        throw new KuraError('not_found', 'a tile of the log was not asked for');
      });
    },
  };
}

async function readTile(client: EndpointClient, tile: TileId): Promise<Uint8Array> {
  const path = tilePath(tile);
  const params = { tile: path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path };
  return await readWhole(await client.call(LOG.logTile, { params }));
}
