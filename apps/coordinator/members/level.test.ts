import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foundTestNetwork, refusal, registration, START_MS, testStore } from '../fixtures.ts';
import { type Contract, HIGHEST_LEVEL, levelOf, PLANS, yearsOfMembership } from './level.ts';

const JOINED = Date.UTC(2020, 1, 29, 12);

test('A1: the level follows from the fee plan and the years of membership', () => {
  const level = (plan: Contract['plan'], nowMs: number) =>
    levelOf({ plan, memberSinceMs: JOINED, ownLevel: 2 }, nowMs);
  const [start, almost, five] = [JOINED, Date.UTC(2025, 1, 28), Date.UTC(2025, 2, 2)];
  assert.deepEqual(
    [start, almost, five].map((now) => level('basic', now)),
    [1, 1, 2],
  );
  assert.deepEqual(
    [start, almost, five].map((now) => level('standard', now)),
    [2, 2, 3],
  );
  assert.deepEqual(
    [start, almost, five].map((now) => level('premium', now)),
    [3, 3, 3],
  );
  assert.deepEqual(
    [start, almost, five].map((now) => level('own', now)),
    [2, 2, 2],
  );
});

test('A1: no plan loses by staying, and none exceeds the highest level', () => {
  for (const plan of PLANS) {
    let before = 0;
    for (let year = 2020; year < 2060; year++) {
      const contract = { plan, memberSinceMs: JOINED, ownLevel: 1 };
      const level = levelOf(contract, Date.UTC(year, 6, 1));
      assert.ok(level >= before && level <= HIGHEST_LEVEL);
      before = level;
    }
  }
});

test('years are counted by the calendar, and never below none', () => {
  const since = Date.UTC(2020, 5, 15, 10, 30, 20, 5);
  assert.equal(yearsOfMembership(since, Date.UTC(2023, 5, 15, 10, 30, 20, 4)), 2);
  assert.equal(yearsOfMembership(since, Date.UTC(2023, 5, 15, 10, 30, 20, 5)), 3);
  assert.equal(yearsOfMembership(since, Date.UTC(2019, 0, 1)), 0);
});

test('A1: the network tells the level of today, and which level a store asks for', async () => {
  const { coordinator, clock } = await foundTestNetwork();
  assert.equal((await coordinator.describe()).level, 2);
  await coordinator.setContract({ plan: 'basic', memberSinceMs: START_MS, ownLevel: 1 });
  assert.equal((await coordinator.describe()).level, 1);
  clock.now = Date.UTC(2032, 0, 1);
  assert.equal((await coordinator.describe()).level, 2);
  await coordinator.registerStore({ ...registration(testStore(7)), minimumLevel: 3 });
  const stores = (await coordinator.describe()).stores;
  assert.ok(stores.some((store) => 'minimumLevel' in store && store.minimumLevel === 3));
  const wrong = { plan: 'own', memberSinceMs: START_MS, ownLevel: 4 } as const;
  await assert.rejects(coordinator.setContract(wrong), refusal('usage'));
});
