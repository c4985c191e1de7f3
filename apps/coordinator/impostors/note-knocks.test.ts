// Goal: many calls with false certificates become one incident of the operator's, no store is accused by them, and
// their rows are bounded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, KuraError, must, type StoreId, storeId } from '@kura/base';
import { transact } from '@kura/database';
import { foundTestNetwork } from '../fixtures.ts';
import type { Hook } from '../webhooks/call-out.ts';
import { sendDueImpostors } from '../webhooks/send-due-impostors.ts';
import { type Knock, OTHERS } from './door-book.ts';
import { IMPOSTORS_AFTER, MAX_DAY_ROWS, noteKnocks } from './note-knocks.ts';
import { viewImpostorCalls, viewImpostorIncidents } from './views.ts';

async function scene() {
  const { database, coordinator, clock } = await foundTestNetwork();
  const { storeId: real } = must((await coordinator.describe()).stores[0], 'a store').identity;
  const knock = (address: string, given: Partial<Knock> = {}): Knock => ({
    ...{ address, claimed: undefined, reason: 'self-made', calls: 1 },
    ...{ firstMs: clock.now, lastMs: clock.now, ...given },
  });
  const note = (...knocks: readonly Knock[]) =>
    transact(database, (rows) => noteKnocks(rows, knocks, { nowMs: clock.now }));
  const incidents = () => viewImpostorIncidents(database.kysely, 100);
  const calls = () => viewImpostorCalls(database.kysely, 1000);
  return { database, coordinator, clock, real, knock, note, incidents, calls };
}

test('A15: from the set count on an incident, once in a week; the store that is named stays as it was', async () => {
  const { database, coordinator, clock, real, knock, note, incidents, calls } = await scene();
  const named = { claimed: real, calls: IMPOSTORS_AFTER - 1 };
  assert.deepEqual(await note(knock('10.0.0.1', named)), []);
  const last = knock('10.0.0.1', { claimed: real });
  assert.deepEqual(await note(last), [
    { kind: 'address', subject: '10.0.0.1', calls: IMPOSTORS_AFTER },
  ]);
  assert.deepEqual(await note(last), []);
  const [told] = await incidents();
  assert.match(
    told?.message ?? '',
    new RegExp(`They name store ${real.slice(0, 8)}.* No store is accused`),
  );
  clock.now += 8 * DAY_MS;
  assert.deepEqual(await note(last), [], 'what was long ago counts no more');
  assert.equal((await note(knock('10.0.0.1', named))).length, 1);
  assert.equal((await calls())[0]?.calls, 2 * IMPOSTORS_AFTER + 1);
  const { stores } = await coordinator.describe();
  assert.ok(stores.every(({ state }) => state === 'active'));
  assert.deepEqual(await database.kysely.selectFrom('store_failures').selectAll().execute(), []);
  clock.now += 32 * DAY_MS;
  await note(last);
  assert.equal((await calls())[0]?.calls, 1, 'and is forgotten after a month');
});

test('A15: one name from many addresses is an incident; a name that nobody has is none', async () => {
  const { real, knock, note, incidents } = await scene();
  const nobody = storeId('00'.repeat(16));
  for (let at = 0; at < IMPOSTORS_AFTER; at++) {
    await note(
      knock(`10.0.1.${at}`, { claimed: real }),
      knock(`10.0.2.${at}`, { claimed: nobody }),
    );
  }
  const opened = await incidents();
  assert.deepEqual(
    opened.map(({ kind, subject }) => [kind, subject]),
    [['store', real]],
  );
});

test('A15: a device whose certificate has ended is counted and no incident; a store is', async () => {
  const { real, knock, note, calls } = await scene();
  const many = { reason: 'expired', calls: 10 * IMPOSTORS_AFTER } as const;
  assert.deepEqual(await note(knock('10.0.0.1', many)), []);
  assert.equal((await calls())[0]?.calls, many.calls);
  assert.equal((await note(knock('10.0.0.2', { ...many, claimed: real }))).length, 1);
});

test('A15: however many addresses there are, a day has so many rows', async () => {
  const { database, clock, knock, note, calls } = await scene();
  const row = {
    day: Math.floor(clock.now / DAY_MS),
    store_id: '' as StoreId | '',
    reason: 'self-made',
  };
  const times = { calls: 1, first_ms: clock.now, last_ms: clock.now };
  await transact(database, async (rows) => {
    for (let at = 0; at < MAX_DAY_ROWS; at += 512) {
      const some = Array.from({ length: 512 }, (_, n) => ({
        ...row,
        ...times,
        address: `a${at + n}`,
      }));
      await rows.insertInto('impostor_calls').values(some).execute();
    }
  });
  await note(knock('10.0.0.1'), knock('10.0.0.2'), knock('a7'));
  const all = await database.kysely.selectFrom('impostor_calls').selectAll().execute();
  assert.equal(all.length, MAX_DAY_ROWS + 1);
  const shown = new Map((await calls()).map((one) => [one.address, one.calls]));
  assert.equal(all.find(({ address }) => address === OTHERS)?.calls, 2);
  assert.equal(all.find(({ address }) => address === 'a7')?.calls, 2);
  assert.equal(shown.size, 1000);
});

test("A15: the operator's webhook hears of it, and again if it was away", async () => {
  const { database, clock, knock, note } = await scene();
  await note(knock('10.0.0.1', { calls: IMPOSTORS_AFTER }));
  const sent: string[] = [];
  let fails = true;
  const hook: Hook = {
    networkId: 'ee'.repeat(16),
    nowMs: () => clock.now,
    call: async ({ body }) => {
      sent.push(body);
      if (fails) throw new KuraError('unreachable', 'nobody there');
    },
  };
  const box = {
    rows: database.kysely,
    transact: (work: Parameters<typeof database.transact<void>>[0]) => transact(database, work),
  };
  assert.equal(await sendDueImpostors(box, hook), 0);
  assert.equal(await sendDueImpostors(box, hook), 0);
  clock.now += DAY_MS;
  fails = false;
  assert.equal(await sendDueImpostors(box, hook), 1);
  assert.equal(await sendDueImpostors(box, hook), 0);
  assert.equal(sent.length, 2);
  const { facts, kind } = JSON.parse(must(sent[1], 'sent')) as {
    facts: { subject: string };
    kind: string;
  };
  assert.deepEqual([kind, facts.subject], ['kura/1 impostor message', '10.0.0.1']);
});
