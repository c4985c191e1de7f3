// Goal (R36): a shelf that was put back from an old image, or emptied, is never silently taken in, and an honest one is
// never taken for such.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork, START_MS, storeAt } from '../fixtures.ts';
import { hearStore } from './heartbeat.ts';

async function scene() {
  const network = await foundTestNetwork();
  const { database, coordinator } = network;
  const { storeId } = storeAt(network, 0).identity;
  const pack = network.newPack();
  await coordinator.recordPacks(await coordinator.beginSession('backup'), [pack]);
  const beat = (mark: number | undefined, nowMs: number) =>
    transact(database, (rows) =>
      hearStore(rows, storeId, {
        beat: {
          ...{ inventoryEpoch: 1, freeBytes: 1, knownKeys: 0, revocations: 0, mark },
          ...{ statement: undefined, scrub: undefined, hold: undefined, power: undefined },
        },
        options: { ticketKey: new Uint8Array(32), nowMs },
      }),
    );
  const copyStates = async (): Promise<string[]> => {
    const rows = await database.kysely
      .selectFrom('copies')
      .select('state')
      .where('store_id', '=', storeId)
      .execute();
    return rows.map((row) => row.state);
  };
  return { beat, copyStates, coordinator, storeId };
}

test('R36: a store that keeps its marks is taken in, also if it was killed before it kept one', async () => {
  const { beat, copyStates } = await scene();
  assert.equal((await beat(undefined, START_MS)).mark, 1);
  assert.equal((await beat(undefined, START_MS + 1)).mark, 1, 'given until it is kept');
  assert.equal((await beat(1, START_MS + 2)).mark, undefined);
  assert.equal((await beat(1, START_MS + HOUR_MS)).mark, 2);
  const answer = await beat(1, START_MS + HOUR_MS + 1);
  assert.deepEqual([answer.mark, answer.state], [2, 'active']);
  assert.equal((await beat(2, START_MS + 30 * 24 * HOUR_MS)).state, 'active');
  assert.deepEqual(await copyStates(), ['held']);
});

for (const [what, told] of [
  ['put back from an old image', 1],
  ['emptied', undefined],
] as const) {
  test(`R36: a shelf that was ${what} loses its copies, and waits for an operator`, async () => {
    const { beat, copyStates, coordinator, storeId } = await scene();
    await beat(undefined, START_MS);
    await beat(1, START_MS + HOUR_MS);
    assert.equal((await beat(2, START_MS + HOUR_MS + 1)).state, 'active');
    const answer = await beat(told, START_MS + HOUR_MS + 2);
    assert.equal(answer.state, 'lost');
    assert.deepEqual(await copyStates(), ['lost']);
    const changes = await coordinator.storeChanges();
    assert.match(changes.map((change) => change.what).join(), /came back (old|empty).*mark 2/);
    assert.equal((await beat(answer.mark, START_MS + HOUR_MS + 3)).state, 'lost');
    await coordinator.setStoreState(storeId, 'active');
    assert.equal((await beat(answer.mark, START_MS + HOUR_MS + 4)).state, 'active');
    assert.deepEqual(await copyStates(), ['lost']);
    assert.equal((await beat(told, START_MS + HOUR_MS + 5)).state, 'lost', 'nor a second time');
  });
}

test('R36: a coordinator that has lost its tables takes the marks of before for none', async () => {
  const { beat, copyStates } = await scene();
  assert.deepEqual(
    [(await beat(57, START_MS)).mark, (await beat(1, START_MS + 1)).mark],
    [1, undefined],
  );
  assert.deepEqual(await copyStates(), ['held']);
});
