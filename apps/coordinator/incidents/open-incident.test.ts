// Goal: whatever is seen of one copy comes together in one incident, and the evidence stays bounded.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copyId, packId, storeId } from '@kura/base';
import { MAX_OBSERVATIONS } from '@kura/contract/evidence/index.ts';
import { transact } from '@kura/database';
import { foundTestNetwork } from '../fixtures.ts';
import type { Observation } from './observation.ts';
import { openIncident } from './open-incident.ts';

const SEEN: Observation = {
  storeId: storeId('0a'.repeat(16)),
  packId: packId('01'.repeat(32)),
  copyId: copyId('02'.repeat(32)),
  class: 'wrong',
  source: 'leaves',
  leaves: [3, 7],
  answer: new Uint8Array([1, 2, 3]),
  timeMs: 1000,
};

async function scene() {
  const { database, coordinator } = await foundTestNetwork();
  const open = (seen: Observation) =>
    transact(database, (rows) => openIncident({ rows, memberId: coordinator.memberId }, seen));
  return { rows: database.kysely, open };
}

test('A12: all that is seen of a copy joins the incident that is open for it', async () => {
  const { rows, open } = await scene();
  const first = await open(SEEN);
  const again = await open({ ...SEEN, class: 'late', source: 'restore', leaves: [], timeMs: 2000 });
  const other = await open({ ...SEEN, copyId: copyId('03'.repeat(32)) });
  assert.equal(again, first);
  assert.notEqual(other, first);
  const seen = await rows
    .selectFrom('incident_observations')
    .selectAll()
    .where('incident_id', '=', first)
    .orderBy('number')
    .execute();
  assert.deepEqual(
    seen.map((row) => [row.number, row.class, row.source, row.leaves]),
    [
      [1, 'wrong', 'leaves', '[3,7]'],
      [2, 'late', 'restore', '[]'],
    ],
  );
  assert.deepEqual([...(seen[0]?.answer ?? [])], [1, 2, 3]);
});

test('A12: after a verdict the next observation opens an incident of its own', async () => {
  const { rows, open } = await scene();
  const first = await open(SEEN);
  await rows.updateTable('incidents').set({ state: 'judged' }).execute();
  const second = await open(SEEN);
  assert.notEqual(second, first);
});

test('A12: one copy that is seen again and again fills no tables', async () => {
  const { rows, open } = await scene();
  for (let time = 0; time < MAX_OBSERVATIONS + 3; time++) await open({ ...SEEN, timeMs: time });
  assert.equal((await rows.selectFrom('incidents').selectAll().execute()).length, 1);
  const kept = await rows.selectFrom('incident_observations').selectAll().execute();
  assert.equal(kept.length, MAX_OBSERVATIONS);
});
