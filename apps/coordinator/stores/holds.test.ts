// Goal: only a release that was said ends a hold: not a second hold, not silence, not a coordinator with older tables
// than the store has heard of (D13).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork, refusal, START_MS, storeAt, testStore } from '../fixtures.ts';
import { viewStores } from '../operator/views.ts';
import { stepStore } from './enrol.ts';
import { hearHold, orderHold } from './holds.ts';

type Told = Parameters<typeof hearHold>[2]['told'];

async function scene() {
  const network = await foundTestNetwork();
  const { database, coordinator } = network;
  const { storeId } = storeAt(network, 0).identity;
  const order = (isHeld: boolean, why = '') =>
    transact(database, (rows) =>
      orderHold(rows, storeId, { isHeld, why, operator: 'ada', nowMs: START_MS }),
    );
  const beat = (told?: Told) =>
    transact(database, (rows) => hearHold(rows, storeId, { told, nowMs: START_MS }));
  const shown = async (nowMs = START_MS) => {
    const stores = await viewStores(database.kysely, nowMs);
    return stores.find(({ identity }) => identity.storeId === storeId)?.hold;
  };
  return { database, coordinator, storeId, order, beat, shown };
}

test('D13: a store hears of a hold and of its release, each once, and the journal has both', async () => {
  const { coordinator, storeId, order, beat, shown } = await scene();
  assert.equal(await beat(), undefined);
  await order(true, 'who is this?');
  await order(true, 'again');
  const held = { number: 1, isHeld: true, sinceMs: START_MS, why: 'who is this?' };
  assert.deepEqual(await beat(), held);
  assert.equal((await shown())?.isHeard, false);
  assert.equal(await beat(held), undefined);
  assert.deepEqual(await shown(), {
    ...{ by: 'operator', operator: 'ada', isHeard: true },
    ...{ sinceMs: START_MS, why: 'who is this?' },
  });
  await order(false);
  await order(false);
  assert.deepEqual(await beat(held), { number: 2, isHeld: false, sinceMs: START_MS, why: '' });
  assert.equal(await shown(), undefined);
  const changes = (await coordinator.storeChanges()).filter((change) => change.storeId === storeId);
  assert.deepEqual(
    changes.map(({ what }) => what),
    ['registered', 'on hold: who is this?', 'released'],
  );
});

test('D13: tables that know less than the store take its hold over, and keep their own', async () => {
  const { order, beat, shown } = await scene();
  const told = { number: 5, isHeld: true, sinceMs: 7, why: 'before the fire' };
  assert.equal(await beat(told), undefined);
  assert.deepEqual(await shown(), {
    ...{ by: 'operator', operator: undefined, isHeard: true },
    ...{ sinceMs: 7, why: 'before the fire' },
  });
  await order(false);
  assert.equal((await beat(told))?.number, 6);
  await order(true, 'now');
  const older = { ...told, number: 8, isHeld: false };
  assert.deepEqual(await beat(older), { number: 9, isHeld: true, sinceMs: START_MS, why: 'now' });
});

test('D13: nothing is placed at a held store, and it is not retired', async () => {
  const { database, coordinator, storeId, order } = await scene();
  await order(true);
  const { stores } = await coordinator.describe();
  assert.deepEqual(
    stores.map(({ isHeld }) => isHeld === true),
    [true, false, false],
  );
  const step = (state: 'draining' | 'retired') =>
    transact(database, (rows) => stepStore(rows, storeId, { state, nowMs: START_MS }));
  await step('draining');
  await assert.rejects(step('retired'), refusal('refused', /on hold/));
  await order(false);
  await step('retired');
  await assert.rejects(order(true), refusal('refused', /retired/));
  const nobody = { isHeld: true, why: '', operator: 'ada', nowMs: START_MS };
  const unknown = testStore(9).identity.storeId;
  await assert.rejects(
    transact(database, (rows) => orderHold(rows, unknown, nobody)),
    refusal('refused', /not in this network/),
  );
});

test('R35: a store that was not heard for a day is shown as holding itself', async () => {
  const { database, storeId, shown } = await scene();
  const seen = { seen_ms: START_MS };
  await database.kysely.updateTable('stores').set(seen).where('store_id', '=', storeId).execute();
  assert.equal(await shown(START_MS + DAY_MS), undefined);
  const late = await shown(START_MS + DAY_MS + 1);
  assert.deepEqual([late?.by, late?.sinceMs], ['store', START_MS + DAY_MS]);
});
