import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foundTestNetwork, refusal, registration, storeAt, testStore } from '../fixtures.ts';

test('D4: the directory knows every store, its place and space, and how it is', async () => {
  const { coordinator } = await foundTestNetwork();
  const fourth = testStore(3);
  await coordinator.registerStore(registration(fourth));
  const { stores } = await coordinator.describe();
  const { identity, ...rest } = stores[3] ?? assert.fail('the fourth comes last');
  assert.deepEqual(identity, fourth.identity);
  assert.deepEqual(rest, {
    state: 'active',
    location: '/stores/city-3',
    baseRisk: 0.01,
    freeBytes: 1e12,
    minimumLevel: 1,
  });
  await assert.rejects(coordinator.registerStore(registration(fourth)), refusal('already_exists'));
});

test('every change of a store is in the journal, once', async () => {
  const network = await foundTestNetwork();
  const { coordinator, clock } = network;
  const { storeId } = storeAt(network, 1).identity;
  for (const state of ['unreachable', 'unreachable', 'lost', 'active'] as const) {
    clock.now += 1000;
    await coordinator.setStoreState(storeId, state);
  }
  const changes = (await coordinator.storeChanges()).filter((change) => change.storeId === storeId);
  assert.deepEqual(
    changes.map((change) => change.what),
    ['registered', 'active → unreachable', 'unreachable → lost', 'lost → active'],
  );
  const unknown = coordinator.setStoreState(testStore(9).identity.storeId, 'lost');
  await assert.rejects(unknown, refusal('refused'));
});

test('a store that is away is so since it was first missed, until it is found or lost', async () => {
  const network = await foundTestNetwork();
  const { coordinator, clock } = network;
  const { storeId } = storeAt(network, 1).identity;
  const awaySince = async () => {
    const { stores } = await coordinator.describe();
    return stores.map((store) => store.awaySinceMs);
  };
  assert.deepEqual(await awaySince(), [undefined, undefined, undefined]);
  const missedMs = clock.now;
  for (const state of ['unreachable', 'unreachable'] as const) {
    await coordinator.setStoreState(storeId, state);
    clock.now += 1000;
  }
  assert.deepEqual(await awaySince(), [undefined, missedMs, undefined]);
  for (const state of ['active', 'unreachable', 'lost'] as const) {
    await coordinator.setStoreState(storeId, state);
    const expected = state === 'unreachable' ? clock.now : undefined;
    assert.deepEqual(await awaySince(), [undefined, expected, undefined]);
  }
});

test('what lies on a lost store counts as lost, until it is back', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('backup');
  const pack = network.newPack();
  await coordinator.recordPacks(session, [pack]);
  const { storeId } = storeAt(network, 0).identity;
  const states = async () => {
    const row = await coordinator.pack(pack.packId);
    const [paged] = await coordinator.packs(undefined, 1);
    assert.deepEqual(paged, row);
    return row?.copies.map((copy) => (copy.storeId === storeId ? copy.state : 'other'));
  };
  await coordinator.setStoreState(storeId, 'unreachable');
  assert.deepEqual((await states())?.toSorted(), ['held', 'other']);
  await coordinator.setStoreState(storeId, 'lost');
  assert.deepEqual((await states())?.toSorted(), ['lost', 'other']);
  await coordinator.setStoreState(storeId, 'active');
  assert.deepEqual((await states())?.toSorted(), ['held', 'other']);
});

test('an empty shelf under an old name holds nothing, even when it is active again', async () => {
  const network = await foundTestNetwork();
  const { coordinator } = network;
  const session = await coordinator.beginSession('backup');
  const pack = network.newPack();
  await coordinator.recordPacks(session, [pack]);
  const store = storeAt(network, 0);
  const anew = { ...store, identity: { ...store.identity, inventoryEpoch: 2 } };
  await coordinator.updateStore({ ...registration(anew), location: '/elsewhere' });
  const row = await coordinator.pack(pack.packId);
  const copy = row?.copies.find((each) => each.storeId === store.identity.storeId);
  assert.equal(copy?.state, 'lost');
  const described = (await coordinator.describe()).stores[0];
  assert.equal(described?.location, '/elsewhere');
  assert.equal(described?.identity.inventoryEpoch, 2);
  const news = (await coordinator.storeChanges()).slice(-2).map((change) => change.what);
  assert.deepEqual(news, [
    'now at /elsewhere',
    'founded anew, inventory epoch 2: its copies are lost',
  ]);
});
