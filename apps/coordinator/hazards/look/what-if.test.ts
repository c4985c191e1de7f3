// Goal: an imagined disaster shows what it would do: stores struck, copies missed, the moves that follow; and it leaves
// no trace in the tables.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { memberId, must } from '@kura/base';
import { foundTestNetwork, refusal, type TestNetwork } from '../../fixtures.ts';
import { openNetworkTables } from '../../open.ts';
import { findCity, storePlaceOf } from '../../placement/cities.ts';
import { whatIf } from './what-if.ts';

const CITIES = ['osaka', 'frankfurt', 'ashburn'];
const OSAKA_FLOODS = JSON.stringify({
  scenario: 1,
  title: 'Osaka under water',
  events: [{ kind: 'flood', zones: [{ lat: 34.69, lon: 135.5, radius_km: 30 }] }],
});

/** Two packs, each in Osaka and Frankfurt. */
async function withPacks(context: TestContext): Promise<TestNetwork> {
  const network = await foundTestNetwork();
  context.after(() => network.database.close());
  for (const [index, city] of CITIES.entries()) {
    const { storeId } = must(network.stores[index], 'a store').identity;
    const { lat, lon, powerArea } = storePlaceOf(findCity(city));
    const columns = { city, lat, lon, power_area: powerArea, line_mbit: 100 };
    await network.database.transact((rows) =>
      rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute(),
    );
  }
  const session = await network.coordinator.beginSession('backup');
  await network.coordinator.recordPacks(session, network.newPacks(2));
  await network.coordinator.endSession(session);
  return network;
}

const open = ({ database, clock, random }: TestNetwork) =>
  openNetworkTables({ database, clock, random });

test('A4, A8: a flood that is only imagined shows what would be hit, and what would move where', async (context) => {
  const network = await withPacks(context);
  const view = await whatIf(await open(network), { scenario: OSAKA_FLOODS });
  const [osaka] = network.stores;
  assert.deepEqual(
    view.stores.map(({ storeId, stanceBefore, stanceAfter }) => [
      storeId,
      stanceBefore,
      stanceAfter,
    ]),
    [[osaka?.identity.storeId, 'calm', 'leave']],
  );
  const [member] = view.members;
  assert.deepEqual(member?.packsByCopiesHit, [0, 2], 'each of two packs misses one copy');
  assert.ok((member?.jointLossAfter ?? 0) > (member?.jointLossBefore ?? 1));
  assert.deepEqual(
    view.moves.map(({ packs, city }) => [packs, city]),
    [[2, 'ashburn']],
  );
  assert.deepEqual(view.unplaced, []);
});

test('nothing of it stays', async (context) => {
  const network = await withPacks(context);
  await whatIf(await open(network), { scenario: OSAKA_FLOODS });
  for (const table of ['hazard_events', 'moves', 'risk_rows', 'predictions'] as const) {
    assert.deepEqual(await network.database.kysely.selectFrom(table).selectAll().execute(), []);
  }
});

test('a member is shown what is its own', async (context) => {
  const network = await withPacks(context);
  const stranger = memberId('cd'.repeat(16));
  const view = await whatIf(await open(network), { scenario: OSAKA_FLOODS, member: stranger });
  assert.equal(view.stores.length, 1, 'what happens to stores is nobody’s secret');
  assert.deepEqual([view.members, view.moves], [[], []]);
});

test('a file that makes no sense is refused', async (context) => {
  const network = await withPacks(context);
  const asking = whatIf(await open(network), { scenario: '{"scenario":2}' });
  await assert.rejects(asking, refusal('usage', /"scenario" is not 1/));
});
