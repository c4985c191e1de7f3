import assert from 'node:assert/strict';
import { test } from 'node:test';
import { must } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork, refusal, registration, START_MS, testStore } from '../fixtures.ts';
import { setContract } from './contract.ts';
import { FIRST_PLANS, OWN_PLAN } from './first-plans.ts';
import { HIGHEST_LEVEL, levelOf, yearsOfMembership } from './level.ts';
import { planOf } from './plans.ts';

const JOINED = Date.UTC(2020, 1, 29, 12);
const stepsOf = (planId: string) =>
  planOf(
    must(
      FIRST_PLANS.find((plan) => plan.plan_id === planId),
      'a first plan',
    ),
  ).levels;

test('A1: the level follows from the fee plan and the years of membership', () => {
  const level = (planId: string, nowMs: number) =>
    levelOf({ steps: stepsOf(planId), memberSinceMs: JOINED, ownLevel: 2 }, nowMs);
  const [start, almost, five] = [JOINED, Date.UTC(2025, 1, 28), Date.UTC(2025, 2, 2)];
  const levels = (planId: string) => [start, almost, five].map((now) => level(planId, now));
  assert.deepEqual(levels('basic'), [1, 1, 2]);
  assert.deepEqual(levels('standard'), [2, 2, 3]);
  assert.deepEqual(levels('premium'), [3, 3, 3]);
  assert.deepEqual(levels(OWN_PLAN), [2, 2, 2]);
});

test('A1: no plan loses by staying, and none exceeds the highest level', () => {
  for (const { plan_id } of FIRST_PLANS) {
    let before = 0;
    for (let year = 2020; year < 2060; year++) {
      const standing = { steps: stepsOf(plan_id), memberSinceMs: JOINED, ownLevel: 1 };
      const level = levelOf(standing, Date.UTC(year, 6, 1));
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
  const { coordinator, clock, database } = await foundTestNetwork();
  assert.equal((await coordinator.describe()).level, 2);
  const { memberId } = coordinator;
  const contract = { toMs: undefined, paidUntilMs: undefined, fromMs: START_MS };
  const set = (planId: string) =>
    transact(database, (rows) => setContract({ rows, memberId }, { ...contract, planId }));
  await set('basic');
  assert.equal((await coordinator.describe()).level, 1);
  clock.now = Date.UTC(2032, 0, 1);
  assert.equal((await coordinator.describe()).level, 2);
  await coordinator.registerStore({ ...registration(testStore(7)), minimumLevel: 3 });
  const stores = (await coordinator.describe()).stores;
  assert.ok(stores.some((store) => 'minimumLevel' in store && store.minimumLevel === 3));
  await assert.rejects(set('gold'), refusal('not_found'));
});
