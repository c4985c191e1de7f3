// Goal: what a member saves is safe and comes back, whatever the operator's tables and shelves are (A18, A21):
// SQLite and PostgreSQL, folders and buckets. `npm run test:network` starts the servers that this needs; without
// one the variants that need it say so.
import { describe, it } from 'node:test';
import { systemRandom, toHex } from '@kura/base';
import { newPostgresDatabase } from '@kura/coordinator/fixtures.ts';
import { SKIPPED as NO_BUCKETS, shelfSettings } from '../s3/server.ts';
import { Journey } from './journey.ts';
import type { StorePlan } from './plan.ts';
import { startNetwork } from './start.ts';

const NO_POSTGRES =
  process.env.KURA_TEST_POSTGRES === undefined ? 'needs PostgreSQL: npm run test:network' : false;

const PLACES: readonly StorePlan[] = [
  { city: 'osaka', kind: 'strict' },
  { city: 'frankfurt', kind: 'card-readable' },
];

const VARIANTS = [
  { tables: 'SQLite', shelves: 'folder', skip: false },
  { tables: 'PostgreSQL', shelves: 'folder', skip: NO_POSTGRES },
  { tables: 'SQLite', shelves: 'bucket', skip: NO_BUCKETS },
  { tables: 'PostgreSQL', shelves: 'bucket', skip: NO_POSTGRES || NO_BUCKETS },
] as const;

describe('a member of a network', () => {
  for (const { tables, shelves, skip } of VARIANTS) {
    const title = `A18, A21: saves, checks and gets back from either store, on ${tables} and ${shelves}s`;
    it(title, { skip }, async () => {
      const databaseUrl = tables === 'SQLite' ? undefined : await newPostgresDatabase();
      const network = await startNetwork({
        // One beside the coordinator, which does the work of a gateway as well.
        gateways: 1,
        stores: [],
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
      });
      try {
        const places = PLACES.map((place) => shelved(place, shelves, network.folder));
        await Promise.all(places.map((place) => network.addStore(place)));
        const journey = await Journey.begin(network, 'grace');
        await journey.save();
        await journey.check();
        for (const gone of [['store-osaka'], ['store-frankfurt', 'reader-frankfurt']]) {
          for (const name of gone) await network.stop(name);
          await journey.getBack();
          for (const name of gone) await network.run(name);
        }
      } finally {
        await network.close();
      }
    });
  }
});

function shelved(place: StorePlan, shelves: 'folder' | 'bucket', folder: string): StorePlan {
  if (shelves === 'folder') return place;
  return { ...place, shelf: shelfSettings(folder, `kura-${toHex(systemRandom.bytes(8))}`) };
}
