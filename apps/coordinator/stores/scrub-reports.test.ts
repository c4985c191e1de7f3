// Goal (A11, R27): what a store tells of itself is kept, costs it nothing where it healed, and is repaired from
// elsewhere where it could not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CopyId, copyId, DAY_MS } from '@kura/base';
import { type ScrubNews, signScrubReport } from '@kura/contract';
import { transact } from '@kura/database';
import { foundTestNetwork, refusal, START_MS, storeAt } from '../fixtures.ts';
import { noteScrubReport } from './scrub-reports.ts';

async function scene() {
  const network = await foundTestNetwork();
  const { database, coordinator } = network;
  const { identity, seed } = storeAt(network, 0);
  const { storeId, publicKey: storeKey } = identity;
  const pack = network.newPack();
  const session = await coordinator.beginSession('backup');
  await coordinator.recordPacks(session, [pack]);
  const copy = pack.copies.find(({ acknowledgement }) => acknowledgement.storeId === storeId);
  assert.ok(copy !== undefined, 'a copy at this store');
  const tell = (news: readonly ScrubNews[], { by = seed, nowMs = START_MS } = {}) => {
    const progress = { roundMs: 1, wholeRoundMs: 0, copiesRead: 5, bytesRead: 6, mediumErrors: 7 };
    const { signed } = signScrubReport({ storeId, timeMs: nowMs, ...progress, news }, by);
    return transact(database, (rows) =>
      noteScrubReport(rows, { storeId, storeKey, signed, nowMs }),
    );
  };
  return { rows: database.kysely, storeId, copyId: copy.acknowledgement.copyId, tell };
}

function newsOf(id: CopyId, change: Partial<ScrubNews> = {}): ScrubNews {
  const counts = { wrongLeaves: 2, unreadableLeaves: 2, foreignLeaves: 0 };
  return { number: 4, copyId: id, foundMs: 1, state: 'healed', ...counts, errno: 'EIO', ...change };
}

test('R27: what a store has found and healed is noted, and opens no incident', async () => {
  const { rows, storeId, copyId, tell } = await scene();
  assert.equal(await tell([]), 0);
  assert.equal(await tell([newsOf(copyId)]), 4);
  assert.equal(await tell([newsOf(copyId)]), 4, 'it tells until it is heard');
  const [finding, ...others] = await rows.selectFrom('scrub_findings').selectAll().execute();
  assert.deepEqual([finding?.copy_id, finding?.errno, finding?.state], [copyId, 'EIO', 'healed']);
  assert.deepEqual(others, []);
  const reports = await rows.selectFrom('scrub_reports').selectAll().execute();
  assert.deepEqual(
    reports.map((row) => [row.store_id, row.round_ms, row.medium_errors]),
    [[storeId, 1, 7]],
  );
  assert.deepEqual(await rows.selectFrom('incidents').selectAll().execute(), []);
});

test('A11: what a store cannot heal opens one incident, with its own word as evidence', async () => {
  const { rows, copyId, tell } = await scene();
  const damaged = newsOf(copyId, { state: 'damaged' });
  await tell([damaged]);
  await tell([damaged]);
  const [incident, ...others] = await rows.selectFrom('incidents').selectAll().execute();
  assert.equal(incident?.copy_id, copyId);
  assert.deepEqual(others, []);
  const seen = await rows.selectFrom('incident_observations').selectAll().execute();
  assert.deepEqual(
    seen.map((row) => [row.class, row.source]),
    [['unreadable', 'scrub']],
  );
});

test('copies that no row names are heard and not noted; old findings go', async () => {
  const { rows, copyId: known, tell } = await scene();
  assert.equal(await tell([newsOf(copyId('5a'.repeat(32)), { state: 'damaged' })]), 4);
  assert.deepEqual(await rows.selectFrom('scrub_findings').selectAll().execute(), []);
  await tell([newsOf(known)]);
  await tell([newsOf(known, { foundMs: 2, number: 5 })], { nowMs: START_MS + 401 * DAY_MS });
  const kept = await rows.selectFrom('scrub_findings').select('found_ms').execute();
  assert.deepEqual(
    kept.map((row) => row.found_ms),
    [2],
  );
});

test('A15: nobody reports for a store', async () => {
  const { rows, copyId, tell } = await scene();
  await assert.rejects(tell([newsOf(copyId)], { by: new Uint8Array(32) }), refusal('refused'));
  assert.deepEqual(await rows.selectFrom('scrub_reports').selectAll().execute(), []);
});
