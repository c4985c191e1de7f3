import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foundTestNetwork } from '../fixtures.ts';
import { readSnapshotPage } from './snapshots.ts';

test('heads come in pages, each from a leaf on, and none twice', async () => {
  const network = await foundTestNetwork();
  const { coordinator, database } = network;
  const session = await coordinator.beginSession('backup');
  const packs = network.newPacks(1);
  await coordinator.recordPacks(session, packs);
  const uses = packs.map(({ packId }) => packId);
  for (let count = 0; count < 5; count++) {
    await coordinator.commitSnapshot(session, network.head(uses), uses);
  }
  const of = { rows: database.kysely, memberId: coordinator.memberId };
  const leaves = async (fromLeaf: number): Promise<number[]> => {
    const page = await readSnapshotPage(of, { fromLeaf, limit: 2 });
    return page.map(({ leafIndex }) => leafIndex);
  };
  assert.deepEqual(await Promise.all([0, 2, 4, 5].map(leaves)), [[0, 1], [2, 3], [4], []]);
});
