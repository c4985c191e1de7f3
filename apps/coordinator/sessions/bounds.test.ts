// Goal: a device that begins sessions in a loop fills no table (R32).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '@kura/base';
import { foundTestNetwork, refusal } from '../fixtures.ts';
import { MAX_SESSIONS, MAX_SESSIONS_A_DAY, refuseTooMany } from './bounds.ts';

async function scene() {
  const { database, coordinator, clock, processes } = await foundTestNetwork();
  const { memberId } = coordinator;
  const judge = () => {
    const of = { rows: database.kysely, memberId, processes, worker: processes.self };
    return refuseTooMany({ ...of, nowMs: clock.nowMs() });
  };
  return { coordinator, clock, judge };
}

test('R32: a member has so many sessions at once, and those that end make room', async () => {
  const { coordinator, judge } = await scene();
  const first = await coordinator.beginSession('backup');
  for (let count = 1; count < MAX_SESSIONS; count++) {
    await judge();
    await coordinator.beginSession('backup');
  }
  await assert.rejects(judge(), refusal('busy', /16 sessions/));
  await coordinator.endSession(first);
  await judge();
});

test('R32: and begins so many within a day, whatever becomes of them', async () => {
  const { coordinator, clock, judge } = await scene();
  for (let count = 0; count < MAX_SESSIONS_A_DAY; count++) {
    await coordinator.endSession(await coordinator.beginSession('check'));
  }
  await assert.rejects(judge(), refusal('busy', /within a day/));
  clock.now += DAY_MS;
  await judge();
});
