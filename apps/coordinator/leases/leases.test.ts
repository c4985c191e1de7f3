// Two programs on one set of tables: one of them works, and one that lost its lease writes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { must, systemClock } from '@kura/base';
import { openTestDatabase, refusal } from '../fixtures.ts';
import { LEASE_MS } from './lease-time.ts';
import { databaseNowMs, Leases } from './leases.ts';

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
  assert.equal((await other.take('audits'))?.epoch, 1, 'another name is another lease');
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

const PARTS = [...'0123456789abcdef'];

test('C9: parts of work are shared evenly by whoever is there, and taken over from whoever is gone', async () => {
  const database = await openTestDatabase();
  const programs = ['one', 'two', 'three'].map((holder) => new Leases({ database, holder }));
  const busy = new Set<string>();
  const share = (leases: Leases) => leases.takeShare({ work: 'moves', parts: PARTS, busy });
  const [one, two, three] = programs.map((leases) => () => share(leases));
  assert.ok(one !== undefined && two !== undefined && three !== undefined);

  const alone = await one();
  assert.deepEqual([...alone.leases.keys()], PARTS);
  assert.equal((await two()).leases.size, 0, 'it is there now, and nothing is free');
  assert.equal((await one()).leases.size, 8);
  assert.equal((await two()).leases.size, 8);
  assert.equal((await three()).programs, 3);
  for (const program of [one, two]) assert.equal((await program()).leases.size, 6);
  const shares = [await one(), await two(), await three()];
  const held = shares.flatMap(({ leases }) => [...leases.keys()]);
  assert.deepEqual(held.sort(), PARTS, 'each is held, and none twice');

  const [kept] = [...(shares[1]?.leases.values() ?? [])];
  assert.ok(kept !== undefined);
  await kept.transact(async () => undefined);

  // The second is dead: its time has passed, and the others are as alive as they were.
  await database.kysely
    .updateTable('leases')
    .set({ until_ms: 1 })
    .where('holder', '=', 'two')
    .execute();
  assert.equal((await one()).programs, 2);
  assert.equal((await one()).leases.size + (await three()).leases.size, PARTS.length);
  await assert.rejects(
    kept.transact(async () => undefined),
    refusal('interrupted'),
  );
});

test('C9: a part in which something is under way is not given away', async () => {
  const { one, other } = await two();
  const work = { work: 'moves', parts: PARTS, busy: new Set<string>() };
  await one.takeShare(work);
  await other.takeShare(work);
  const busy = new Set(PARTS);
  assert.equal((await one.takeShare({ ...work, busy })).leases.size, PARTS.length);
  assert.equal((await other.takeShare(work)).leases.size, 0);
  const first = new Set(PARTS.slice(0, 3));
  const left = await one.takeShare({ ...work, busy: first });
  assert.ok(left.leases.size === 8 && [...first].every((part) => left.leases.has(part)));
});
