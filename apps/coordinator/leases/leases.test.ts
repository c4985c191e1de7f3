// Two programs on one set of tables: one of them works, and one that lost its lease writes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { must, systemClock } from '@kura/base';
import { openTestDatabase, refusal } from '../fixtures.ts';
import { databaseNowMs, LEASE_MS, Leases } from './leases.ts';

async function two() {
  const database = await openTestDatabase();
  const [one, other] = ['one', 'other'].map((holder) => new Leases({ database, holder }));
  const endsAt = (untilMs: number) =>
    database.kysely.updateTable('leases').set({ until_ms: untilMs }).execute();
  return { database, one: must(one, 'one'), other: must(other, 'other'), endsAt };
}

test('a lease is held by one program, renewed by it, and given back', async () => {
  const { one, other } = await two();
  const held = must(await one.take('mail'), 'it is free');
  assert.equal(await other.take('mail'), undefined);
  assert.equal((await one.take('mail'))?.epoch, held.epoch);
  assert.equal((await other.take('moves/3'))?.epoch, 1, 'another name is another lease');
  await one.giveBack();
  assert.equal((await other.take('mail'))?.epoch, held.epoch + 1);
});

test('whoever lost its lease writes nothing any more', async () => {
  const { database, one, other, endsAt } = await two();
  const held = must(await one.take('mail'), 'it is free');
  await held.transact(async () => undefined);
  await endsAt(await database.read((rows) => databaseNowMs(database, rows)));
  assert.notEqual(await other.take('mail'), undefined);
  let hasRun = false;
  const late = held.transact(async () => {
    hasRun = true;
  });
  await assert.rejects(late, refusal('interrupted'));
  assert.equal(hasRun, false);
});

test('a lease that ends in ten years is over: its clock had jumped', async () => {
  const { database, one, other, endsAt } = await two();
  await one.take('mail');
  const nowMs = await database.read((rows) => databaseNowMs(database, rows));
  assert.ok(
    Math.abs(nowMs - systemClock.nowMs()) < 60_000,
    'the clock of the database is that of the machine',
  );
  await endsAt(nowMs + 9 * LEASE_MS);
  assert.equal(await other.take('mail'), undefined);
  await endsAt(nowMs + 3652 * 86_400_000);
  assert.notEqual(await other.take('mail'), undefined);
});
