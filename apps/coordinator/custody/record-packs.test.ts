import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PackId, storeId } from '@kura/base';
import { foundTestNetwork, refusal, storeAt, testStore } from '../fixtures.ts';

test('A18: rows of acknowledged packs come back as they were recorded', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('backup');
  const pack = network.newPack();
  await coordinator.recordPacks(session, [pack]);
  const row = await coordinator.pack(pack.packId);
  assert.equal(row?.state, 'standing');
  assert.equal(row?.leafCount, 4);
  assert.equal(row?.markedMs, undefined);
  const copies = pack.copies.map(({ acknowledgement, reason }) => {
    const { storeId, copyId, root } = acknowledgement;
    return { storeId, copyId, root, state: 'held', reason };
  });
  const byStore = (a: { storeId: string }, b: { storeId: string }) =>
    a.storeId < b.storeId ? -1 : 1;
  assert.deepEqual(row?.copies, copies.toSorted(byStore));
  assert.equal(await coordinator.pack('00'.repeat(32) as PackId), undefined);
});

test('A2: a pack on fewer stores than wanted is not recorded', async () => {
  const network = await foundTestNetwork();
  const { coordinator, stores } = network;
  const session = await coordinator.beginSession('backup');
  const single = network.newPack(stores.slice(0, 1));
  await assert.rejects(coordinator.recordPacks(session, [single]), refusal('too_few_stores'));
  const [first] = stores;
  assert.ok(first !== undefined);
  const twice = network.newPack([first, first]);
  await assert.rejects(coordinator.recordPacks(session, [twice]), refusal('refused'));
  await coordinator.setStoreState(first.identity.storeId, 'lost');
  await assert.rejects(
    coordinator.recordPacks(session, [network.newPack()]),
    refusal('too_few_stores'),
  );
});

test('A18: what no store of the network has signed for is not recorded', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('backup');
  const pack = network.newPack();
  const [first, second] = pack.copies;
  assert.ok(first !== undefined && second !== undefined);
  const changed = (fields: object) => ({
    ...pack,
    copies: [{ ...first, acknowledgement: { ...first.acknowledgement, ...fields } }, second],
  });
  const forgeries = [
    changed({ root: new Uint8Array(32) }),
    changed({ leafCount: 8 }),
    changed({ timeMs: 1 }),
    changed({ storeId: second.acknowledgement.storeId }),
    changed({ storeId: storeId('11'.repeat(16)) }),
    changed({ signature: new Uint8Array(64) }),
    { ...pack, leafCount: 5 },
    network.newPack([testStore(8), testStore(9)]),
  ];
  for (const forgery of forgeries) {
    await assert.rejects(coordinator.recordPacks(session, [forgery]), refusal('refused'));
  }
  assert.deepEqual(await coordinator.packs(undefined, 10), []);
  await coordinator.recordPacks(session, [pack]);
});

test('a pack id is used once: not twice in a batch, not after the pack is gone', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('backup');
  const pack = network.newPack();
  await assert.rejects(coordinator.recordPacks(session, [pack, pack]), refusal('refused'));
  await coordinator.recordPacks(session, [pack]);
  const batch = [network.newPack(), pack];
  await assert.rejects(coordinator.recordPacks(session, batch), refusal('refused'));
  assert.equal((await coordinator.packs(undefined, 10)).length, 1, 'a batch is all or nothing');
  await coordinator.endSession(session);
  const prune = await coordinator.beginSession('prune');
  await coordinator.markPacks([pack.packId]);
  await coordinator.dropPacks(await coordinator.condemnPacks(prune, [pack.packId], []));
  assert.equal(await coordinator.pack(pack.packId), undefined);
  await assert.rejects(coordinator.recordPacks(prune, [pack]), refusal('refused'));
});

test('D13: a good copy is dropped only if enough others stay; a bad one always', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('repair');
  const pack = network.newPack();
  const { packId } = pack;
  const [one, two, three] = [0, 1, 2].map((number) => storeAt(network, number));
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  await coordinator.recordPacks(session, [pack]);
  await assert.rejects(coordinator.dropCopy(packId, one.identity.storeId), refusal('refused'));
  await coordinator.addCopy(packId, network.storedCopy(three));
  await coordinator.dropCopy(packId, one.identity.storeId);
  await coordinator.setCopyState(packId, two.identity.storeId, 'damaged');
  await assert.rejects(coordinator.dropCopy(packId, three.identity.storeId), refusal('refused'));
  await coordinator.dropCopy(packId, two.identity.storeId);
  const left = (await coordinator.pack(packId))?.copies.map((copy) => copy.storeId);
  assert.deepEqual(left, [three.identity.storeId]);
  await assert.rejects(coordinator.dropCopy(packId, one.identity.storeId), refusal('not_found'));
});

test('a repaired copy takes the place of the damaged one', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('repair');
  const pack = network.newPack();
  const store = storeAt(network, 0);
  const { storeId } = store.identity;
  await coordinator.recordPacks(session, [pack]);
  await coordinator.setCopyState(pack.packId, storeId, 'damaged');
  const repaired = network.storedCopy(store);
  await coordinator.addCopy(pack.packId, repaired);
  const row = (await coordinator.pack(pack.packId))?.copies.find(
    (copy) => copy.storeId === storeId,
  );
  assert.equal(row?.state, 'held');
  assert.deepEqual(row?.root, repaired.acknowledgement.root);
  const strange = network.storedCopy(testStore(9));
  await assert.rejects(coordinator.addCopy(pack.packId, strange), refusal('refused'));
  const unknown = coordinator.setCopyState(pack.packId, testStore(9).identity.storeId, 'held');
  await assert.rejects(unknown, refusal('not_found'));
});
