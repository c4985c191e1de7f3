// Goal: real programs as an operator configures them. The coordinator watches by itself, a store says that its grid is
// gone, and both are in the risk tables that placement reads.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pause, systemAlarmClock } from '@kura/base';
import { type KeptRiskRow, readTablesAt } from '@kura/coordinator/hazards/history/read-tables.ts';
import { SmallService } from '../network/small-service.ts';
import { floodAt } from './cap-alert.ts';
import { FeedServer } from './feed-server.ts';

const HUB = 'cap-alerts.s3.amazonaws.com';
const INDEX = `https://${HUB}/unfiltered/rss.xml`;
const LOOK_MS = 100;

test('A4, A20: a coordinator watches by itself, and hears what its stores say of their power', async (context) => {
  const server = await FeedServer.start([HUB]);
  context.after(() => server.close());
  server.answers.set(INDEX, { body: floodAt('frankfurt', systemAlarmClock.nowMs()) });
  const service = await SmallService.start(['osaka', 'frankfurt', 'ashburn'], {
    hazards: {
      enabled: true,
      contact: 'ops@example.org',
      feeds: ['alert-hub'],
      capFeeds: undefined,
      proxy: server.proxy,
      authority: server.authorityFile,
      baseRisk: undefined,
    },
    power: { osaka: 'utility_power = false\nfuel_hours = 4\n' },
  });
  context.after(() => service.close());
  const stances = async (): Promise<ReadonlyMap<string, KeptRiskRow['stance']>> => {
    const [table] = await readTablesAt(service.tables.kysely, { level: 1 });
    const stores = await service.tables.kysely.selectFrom('stores').selectAll().execute();
    const cities = new Map<string, string>(stores.map((row) => [row.store_id, row.city]));
    return new Map(table?.rows.map((row) => [cities.get(row.storeId) ?? '?', row.stance]));
  };
  const wanted = new Map([
    ['ashburn', 'calm'],
    ['frankfurt', 'leave'],
    ['osaka', 'leave'],
  ]);
  // The test's own limit of time is the deadline: the watch looks every few seconds.
  for (;;) {
    const found = await stances();
    if ([...wanted].every(([city, stance]) => found.get(city) === stance)) break;
    await pause(systemAlarmClock, LOOK_MS);
  }
  const feeds = await service.tables.kysely.selectFrom('hazard_feeds').selectAll().execute();
  assert.deepEqual(
    feeds.map(({ name, outcome }) => [name, outcome]),
    [['alert-hub', 'fresh']],
  );
});
