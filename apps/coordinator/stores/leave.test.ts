// Goal: a store can leave though owners have not pruned, and nobody's copy is lost by it (D9, D13).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { must, type PackId } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork, refusal, storeAt } from '../fixtures.ts';
import { clearStore } from './leave.ts';

/** One pack that stands, and two that a prune has condemned and left; each at the first two stores. */
async function scene() {
  const network = await foundTestNetwork();
  const { coordinator, database, clock } = network;
  const session = await coordinator.beginSession('backup');
  const packs = network.newPacks(3);
  await coordinator.recordPacks(session, packs);
  await coordinator.endSession(session);
  const [standing, ...doomed] = packs.map(({ packId }) => packId);
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks(doomed);
  await coordinator.condemnPacks(prune, doomed, []);
  const leave = (number: number) =>
    transact(database, (rows) =>
      clearStore(rows, storeAt(network, number).identity.storeId, clock.nowMs()),
    );
  const holders = async (packId: PackId) => (await coordinator.pack(packId))?.copies.length;
  return { coordinator, leave, holders, standing: must(standing, 'a pack'), doomed, network };
}

test('D13: a store with copies that somebody needs does not leave, and nothing goes', async () => {
  const { leave, holders, doomed, standing } = await scene();
  await assert.rejects(leave(0), refusal('refused', /still copies/));
  for (const packId of [standing, ...doomed]) assert.equal(await holders(packId), 2);
  await leave(2);
});

test('D9: what is being destroyed goes with the store, and the pack with its last copy', async () => {
  const { coordinator, leave, holders, doomed, standing, network } = await scene();
  const [first, second] = [0, 1].map((number) => storeAt(network, number).identity.storeId);
  assert.ok(first !== undefined && second !== undefined);
  await coordinator.setStoreState(first, 'lost');
  await coordinator.setCopyState(standing, first, 'lost');
  await leave(0);
  for (const packId of doomed) assert.equal(await holders(packId), 1);
  await coordinator.setCopyState(standing, second, 'lost');
  await leave(1);
  for (const packId of doomed) assert.equal(await coordinator.pack(packId), undefined);
  assert.equal((await coordinator.usage()).packs, 1, 'their room is given back');
  assert.equal(await holders(standing), 2);
});
