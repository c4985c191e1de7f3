// Goal: stances, risk tables, their history and predictions follow from the world, are in the tables before
// anybody acts on them, and come back after a kill.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { DAY_MS, HOUR_MS, must, type StoreId } from '@kura/base';
import type { Rows } from '../../db/tables.ts';
import { foundTestNetwork, type TestNetwork } from '../../fixtures.ts';
import { openNetworkTables } from '../../open.ts';
import { findCity, storePlaceOf } from '../../placement/cities.ts';
import type { Report } from '../events/report.ts';
import type { FeedPoll } from '../feeds/feed.ts';
import { choosePredictions, readBrier } from './prediction-rows.ts';
import { readTablesAt } from './read-tables.ts';
import { type Assessment, type News, RiskKeeper } from './risk-keeper.ts';
import { forgetOldRisk, KEEP_RISK_MS } from './risk-rows.ts';
import { notePower } from './store-power.ts';

const CITIES = ['osaka', 'ishikari', 'frankfurt'];

interface Scene {
  readonly network: TestNetwork;
  readonly ids: ReadonlyMap<string, StoreId>;
  readonly keeper: RiskKeeper;
  /** A keeper that knows only the tables. */
  afterKill(): Promise<RiskKeeper>;
}

async function scene(context: TestContext): Promise<Scene> {
  const network = await foundTestNetwork();
  context.after(() => network.database.close());
  const ids = new Map<string, StoreId>();
  for (const [index, city] of CITIES.entries()) {
    const { storeId } = must(network.stores[index], 'a store').identity;
    const { lat, lon, powerArea } = storePlaceOf(findCity(city));
    const columns = { city, lat, lon, power_area: powerArea };
    await network.database.transact((rows) =>
      rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute(),
    );
    ids.set(city, storeId);
  }
  const afterKill = async (): Promise<RiskKeeper> => {
    const { database, clock, random } = network;
    return new RiskKeeper({ network: await openNetworkTables({ database, clock, random }) });
  };
  return { network, ids, keeper: await afterKill(), afterKill };
}

function floodAt(city: string, nowMs: number, fields: Partial<Report> = {}): Report {
  const { lat, lon } = findCity(city);
  return {
    source: 'cap',
    identifier: `flood of ${city}`,
    stream: 'cap',
    names: [`cap:flood of ${city}`],
    type: 'alert',
    isAllClear: false,
    references: [],
    kind: 'flood',
    title: `flood at ${city}`,
    zones: [
      {
        shapes: [{ type: 'circle', centre: { lat, lon }, radiusKm: 50 }],
        codes: [],
        unplaced: 0,
        severity: 'extreme',
        certainty: 'observed',
        urgency: 'immediate',
      },
    ],
    sentMs: nowMs,
    endMs: nowMs + DAY_MS,
    isSecondHand: false,
    ...fields,
  };
}

function news(nowMs: number, ...reports: readonly Report[]): News[] {
  const poll: FeedPoll = {
    ...{ feed: 'test', outcome: 'fresh', reports, isWhole: true, problems: [], ignored: {} },
    nextPollMs: nowMs,
  };
  return [{ poll, isComplete: false, receivedMs: nowMs }];
}

const stanceIn = (seen: Assessment, storeId: StoreId | undefined) =>
  storeId === undefined ? undefined : seen.danger.stances.get(storeId)?.stance;

const listPredictions = (rows: Rows) =>
  rows.selectFrom('predictions').selectAll().orderBy('made_ms').orderBy('outcome').execute();

describe('the keeper of risk', () => {
  it('A20: a danger changes the tables of every level, and they say what they said before', async (context) => {
    const { network, ids, keeper } = await scene(context);
    const startMs = network.clock.nowMs();
    await keeper.renew({ nowMs: startMs });
    const first = await readTablesAt(network.database.kysely);
    assert.deepEqual(
      first.map(({ level, rows }) => [
        level,
        rows.length,
        rows.every((row) => row.stance === 'calm'),
      ]),
      [1, 2, 3].map((level) => [level, 3, true]),
    );
    const floodMs = startMs + HOUR_MS;
    const seen = await keeper.take(news(floodMs, floodAt('osaka', floodMs)), { nowMs: floodMs });
    assert.deepEqual(seen.stanceChanges, [{ storeId: ids.get('osaka'), stance: 'leave' }]);
    const osaka = async (atMs?: number) => {
      const [table] = await readTablesAt(network.database.kysely, { level: 2, atMs });
      return table?.rows.find((row) => row.storeId === ids.get('osaka'));
    };
    assert.equal((await osaka())?.stance, 'leave');
    assert.equal((await osaka())?.causes[0]?.title, 'flood at osaka');
    assert.equal((await osaka())?.usableBytes, 0);
    assert.equal((await osaka(floodMs - 1))?.stance, 'calm');
    assert.equal(await osaka(startMs - 1), undefined);
  });

  it('writes only rows that are news', async (context) => {
    const { network, keeper } = await scene(context);
    const startMs = network.clock.nowMs();
    for (let minute = 0; minute < 5; minute++) {
      await keeper.renew({ nowMs: startMs + minute * 60_000 });
    }
    const rows = await network.database.kysely.selectFrom('risk_rows').selectAll().execute();
    assert.equal(rows.length, 9);
  });

  it('comes back after a kill with stances, and with since when it is calm', async (context) => {
    const { network, ids, keeper, afterKill } = await scene(context);
    const startMs = network.clock.nowMs();
    const flood = floodAt('osaka', startMs, { endMs: startMs + HOUR_MS });
    await keeper.take(news(startMs, flood), { nowMs: startMs });
    let seen: Assessment | undefined;
    let calmMs: number | undefined;
    for (let hours = 0; hours < 30 * 24 && calmMs === undefined; hours += 6) {
      const nowMs = startMs + hours * HOUR_MS;
      seen = await (await afterKill()).renew({ nowMs });
      if (stanceIn(seen, ids.get('osaka')) === 'calm') calmMs = nowMs;
    }
    const state = seen?.danger.stances.get(must(ids.get('osaka'), 'an id'));
    const sinceMs = must(state, 'a stance').calmSinceMs;
    assert.ok(sinceMs > startMs + HOUR_MS, 'the flood fades first');
    assert.equal(must(calmMs, 'calm at last') - sinceMs, 72 * HOUR_MS);
  });

  it('what a store says of its power is known at the next look, whoever looks', async (context) => {
    const { network, ids, keeper } = await scene(context);
    const startMs = network.clock.nowMs();
    await keeper.renew({ nowMs: startMs });
    const ishikari = must(ids.get('ishikari'), 'an id');
    const say = (hasUtilityPower: boolean, nowMs: number) =>
      network.database.transact((rows) =>
        notePower(rows, ishikari, { power: { hasUtilityPower, fuelHours: 48 }, nowMs }),
      );
    await say(false, startMs + 1000);
    const dark = await keeper.renew({ nowMs: startMs + 2000 });
    assert.equal(stanceIn(dark, ishikari), 'leave');
    assert.equal(stanceIn(dark, ids.get('osaka')), 'calm', 'another grid');
    await say(true, startMs + HOUR_MS);
    const light = await keeper.renew({ nowMs: startMs + HOUR_MS + 1000 });
    const outage = light.danger.events.find(({ kind }) => kind === 'power');
    assert.equal(outage?.state, 'ended');
  });

  it('predicts once a day, and learns what became of it', async (context) => {
    const { network, ids, keeper } = await scene(context);
    const { database, clock } = network;
    const startMs = clock.nowMs();
    const flood = floodAt('osaka', startMs, { endMs: startMs + 10 * DAY_MS });
    await keeper.take(news(startMs, flood), { nowMs: startMs });
    await keeper.renew({ nowMs: startMs + HOUR_MS });
    const made = await listPredictions(database.kysely);
    assert.deepEqual(
      made.map(({ outcome, kind, happened }) => [outcome, kind, happened]),
      [
        ['lost', 'flood', null],
        ['unreachable', 'flood', null],
      ],
    );
    await keeper.renew({ nowMs: startMs + 25 * HOUR_MS });
    assert.equal((await listPredictions(database.kysely)).length, 4);
    const osaka = must(ids.get('osaka'), 'an id');
    const awayMs = startMs + 2 * DAY_MS;
    await database.transact((rows) =>
      rows
        .updateTable('stores')
        .set({ state: 'unreachable', away_since_ms: awayMs })
        .where('store_id', '=', osaka)
        .execute(),
    );
    await keeper.renew({ nowMs: awayMs + 23 * HOUR_MS });
    assert.deepEqual(await readBrier(database.kysely), [], 'not away for a day yet');
    await keeper.renew({ nowMs: awayMs + 25 * HOUR_MS });
    await keeper.renew({ nowMs: startMs + 10 * DAY_MS });
    const report = await readBrier(database.kysely);
    assert.deepEqual(
      report.map(({ outcome, count, happened }) => [outcome, count, happened]),
      [
        ['lost', 2, 0],
        ['unreachable', 2, 2],
      ],
    );
  });

  it('a store whose stance changed is predicted for again, another only once a day', async (context) => {
    const { network, ids } = await scene(context);
    const [osaka, frankfurt] = ['osaka', 'frankfurt'].map((city) => must(ids.get(city), 'an id'));
    const of = (siteId: string, madeMs: number) => ({
      ...({ siteId, outcome: 'lost', kind: 'flood', madeMs } as const),
      ...{ untilMs: madeMs + DAY_MS, probability: 0.1, happened: undefined },
    });
    const chosen = await network.database.transact(async (rows) => {
      const some = [of(osaka ?? '', 1000), of(frankfurt ?? '', 1000)];
      const first = await choosePredictions(rows, some, new Set());
      await rows.insertInto('predictions').values(first).execute();
      const again = some.map((one) => ({ ...one, madeMs: 2000 }));
      return choosePredictions(rows, again, new Set([frankfurt ?? '']));
    });
    assert.deepEqual(
      chosen.map(({ store_id }) => store_id),
      [frankfurt],
    );
  });

  it('A4: the next backup is told which store is in danger, and what each risks now', async (context) => {
    const { network, keeper, ids } = await scene(context);
    const nowMs = network.clock.nowMs();
    const before = await network.coordinator.describe();
    assert.ok(
      before.stores.every(({ riskNow, danger }) => riskNow === undefined && danger === undefined),
    );
    await keeper.take(news(nowMs, floodAt('osaka', nowMs)), { nowMs });
    const { stores } = await network.coordinator.describe();
    const dangers = stores.map(({ identity, danger }) => [identity.storeId, danger]);
    const osaka = ids.get('osaka');
    assert.deepEqual(
      dangers.filter(([, danger]) => danger !== undefined),
      [[osaka, 'flood at osaka']],
    );
    const risks = stores.map(({ riskNow = 0 }) => riskNow);
    assert.equal(Math.max(...risks), stores.find((one) => one.identity.storeId === osaka)?.riskNow);
  });

  it('old rows go, the newest of each store stays', async (context) => {
    const { network, ids, keeper } = await scene(context);
    const { database } = network;
    const startMs = network.clock.nowMs();
    await keeper.renew({ nowMs: startMs });
    await keeper.take(news(startMs + 1, floodAt('osaka', startMs + 1)), { nowMs: startMs + 1 });
    const count = async (): Promise<number> =>
      (await database.kysely.selectFrom('risk_rows').select('at_ms').execute()).length;
    assert.equal(await count(), 12);
    await database.transact((rows) => forgetOldRisk(rows, startMs + KEEP_RISK_MS + 60_000));
    assert.equal(await count(), 9, 'one of each store and level');
    const [table] = await readTablesAt(database.kysely, { level: 1 });
    const row = table?.rows.find(({ storeId }) => storeId === ids.get('osaka'));
    assert.equal(row?.stance, 'leave');
  });

  it('nothing is taken if it could not be written', async (context) => {
    const { network, ids, keeper } = await scene(context);
    const nowMs = network.clock.nowMs();
    const broken = { nowMs, transact: () => Promise.reject(new Error('the disk is gone')) };
    await assert.rejects(keeper.take(news(nowMs, floodAt('osaka', nowMs)), broken));
    const seen = await keeper.renew({ nowMs });
    assert.equal(stanceIn(seen, ids.get('osaka')), 'calm');
    assert.deepEqual(seen.danger.events, []);
  });
});
