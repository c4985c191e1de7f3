// Goal: every figure that is named for a gateway is set, and follows what it tells of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS, must } from '@kura/base';
import { Metrics } from '@kura/daemon/metrics.ts';
import { transact } from '@kura/database';
import { foundTestNetwork } from '../fixtures.ts';
import { readStores } from '../stores/stores.ts';
import { showFigures } from './gateway-figures.ts';

const GATEWAY_ID = '9a'.repeat(16);

test('a gateway shows its stores, uploads, leases and how old its revocations are', async () => {
  const { database, clock } = await foundTestNetwork();
  const rows = database.kysely;
  const [store] = [...(await readStores(rows)).keys()];
  const near = must(store, 'a store');
  const nowMs = clock.nowMs();
  await transact(database, async (all) => {
    const lease = { epoch: 1, until_ms: nowMs + 1 };
    await all
      .insertInto('leases')
      .values([
        { name: 'moves', holder: 'this one', ...lease },
        { name: 'audits', holder: 'another', ...lease },
        { name: 'notices', holder: 'this one', ...lease, until_ms: nowMs },
      ])
      .execute();
    const list = { number: 1, made_ms: nowMs - MINUTE_MS, list: new Uint8Array(1) };
    await all.insertInto('revocations').values(list).execute();
  });
  const metrics = new Metrics();
  await showFigures(rows, {
    ...{ metrics, gatewayId: GATEWAY_ID, holder: 'this one', nowMs },
    stores: { reachable: () => new Set([near]), links: (id) => (id === near ? 3 : 0) },
    buffer: { takenBytes: 17 },
  });
  const lines = metrics.text().split('\n');
  const free = (await readStores(rows)).get(near)?.freeBytes;
  for (const line of [
    'kura_stores_reachable 1',
    'kura_receive_buffer_bytes 17',
    `kura_store_links{store="${near}"} 3`,
    `kura_store_free_bytes{store="${near}"} ${free}`,
    'kura_uploads{state="claimed"} 0',
    'kura_lease_held{name="moves"} 1',
    'kura_lease_held{name="audits"} 0',
    'kura_lease_held{name="notices"} 0',
    'kura_revocations_age_seconds 60',
  ]) {
    assert.ok(lines.includes(line), `${line} in\n${metrics.text()}`);
  }
});
