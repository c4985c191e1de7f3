// Goal: a coordinator's watch asks real servers over TLS, as it asks the world's: through a proxy, with what
// it knows already, nothing twice, nobody but the hosts that are pinned; and what they say is in force within
// that poll.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { MINUTE_MS, must, SECOND_MS, type StoreId } from '@kura/base';
import { foundTestNetwork } from '@kura/coordinator/fixtures.ts';
import { FEED_DEADLINE_MS } from '@kura/coordinator/hazards/feeds/fetch/http-fetch.ts';
import { readTablesAt } from '@kura/coordinator/hazards/history/read-tables.ts';
import { PATIENCE_MS } from '@kura/coordinator/hazards/watch/hazard-watch.ts';
import { openWatch, type WatchSettings } from '@kura/coordinator/hazards/watch/open-watch.ts';
import { Leases } from '@kura/coordinator/leases/leases.ts';
import type { Danger } from '@kura/coordinator/moves/danger.ts';
import { Network } from '@kura/coordinator/network.ts';
import { findCity, storePlaceOf } from '@kura/coordinator/placement/index.ts';
import { JsonLog, Metrics } from '@kura/daemon';
import { ManualAlarmClock } from '@kura/testing';
import { floodAt } from './cap-alert.ts';
import { FeedServer } from './feed-server.ts';

const DATA = new URL('../../data/hazards/', import.meta.url);
const JMA = 'https://www.data.jma.go.jp/developer/xml';
const INDEX = `${JMA}/feed/eqvol.xml`;
const LONG_INDEX = `${JMA}/feed/eqvol_l.xml`;
const CAP_INDEX = 'https://alerts.example.org/index.xml';
const CITIES = ['sendai', 'osaka', 'frankfurt'];
/** The hour of the Tohoku earthquake: messages are real, so the time has to be. */
const START_MS = Date.parse('2011-03-11T05:55:20Z');
const JMA_FEED = { feeds: ['jma-earthquakes'] };

function telegramOf(name: string): Uint8Array {
  return fs.readFileSync(new URL(`jma/tohoku-2011/${name}`, DATA));
}

/** As an Atom index: which messages there are. */
function indexOf(...urls: readonly string[]): string {
  const entries = urls.map(
    (url) =>
      `<entry><id>${url}</id><title>a telegram</title><updated>2011-03-11T05:50:00Z</updated>` +
      `<link type="application/xml" href="${url}"/></entry>`,
  );
  return `<feed xmlns="http://www.w3.org/2005/Atom">${entries.join('')}</feed>`;
}

class Scene {
  readonly server: FeedServer;
  readonly clock = new ManualAlarmClock(START_MS);
  readonly network: Network;
  readonly ids: ReadonlyMap<string, StoreId>;
  readonly dangers: Danger[] = [];
  readonly said: string[] = [];
  readonly metrics = new Metrics();
  readonly #closing: (() => Promise<void>)[] = [];
  #holders = 0;

  private constructor(server: FeedServer, network: Network, ids: Scene['ids']) {
    this.server = server;
    this.network = network;
    this.ids = ids;
  }

  static async open(context: TestContext): Promise<Scene> {
    const { database, coordinator, stores, clock, random, processes } = await foundTestNetwork();
    const ids = new Map<string, StoreId>();
    for (const [index, city] of CITIES.entries()) {
      const { storeId } = must(stores[index], 'a store').identity;
      const { lat, lon, powerArea } = storePlaceOf(findCity(city));
      const columns = { city, lat, lon, power_area: powerArea };
      await database.transact((rows) =>
        rows.updateTable('stores').set(columns).where('store_id', '=', storeId).execute(),
      );
      ids.set(city, storeId);
    }
    const server = await FeedServer.start(['www.data.jma.go.jp', 'alerts.example.org']);
    const { charter } = coordinator;
    const network = new Network({ database, charter, clock, random, processes });
    const scene = new Scene(server, network, ids);
    context.after(async () => {
      for (const close of scene.#closing) await close();
      await server.close();
      database.close();
    });
    return scene;
  }

  /** A coordinator's watch, with its own lease. */
  watch(settings: Partial<WatchSettings>) {
    const { server, network, clock, metrics } = this;
    const leases = new Leases({ database: network.database, holder: `holder ${this.#holders++}` });
    const log = new JsonLog({
      ...{ program: 'test', clock, level: 'info' },
      write: (line) => this.said.push(line),
    });
    const open = openWatch(
      {
        contact: 'ops@example.org',
        proxy: server.proxy,
        authority: server.authorityFile,
        ...settings,
      },
      {
        ...{ network, clock, log, metrics },
        onDanger: async (danger) => this.dangers.push(danger),
      },
    );
    this.#closing.push(open.close);
    const step = async () => {
      const lease = must(await leases.take('hazards'), 'the lease is free');
      return await open.watch.step(lease, PATIENCE_MS);
    };
    return { step, leases, close: open.close };
  }

  async stanceAt(city: string): Promise<string | undefined> {
    const [table] = await readTablesAt(this.network.database.kysely, { level: 1 });
    return table?.rows.find(({ storeId }) => storeId === this.ids.get(city))?.stance;
  }
}

describe('the watch', () => {
  it('A4, A8: what a server says is in force within that poll, and moves are told', async (context) => {
    const scene = await Scene.open(context);
    const { server, clock } = scene;
    const quake = `${JMA}/data/32-39_11_05_VXSE53.xml`;
    server.answers.set(LONG_INDEX, { body: indexOf() });
    const { step } = scene.watch(JMA_FEED);
    await step();
    assert.equal(await scene.stanceAt('sendai'), 'calm');
    clock.advance(MINUTE_MS);
    server.answers.set(INDEX, { body: indexOf(quake) });
    server.answers.set(quake, { body: telegramOf('32-39_11_05_120615_VXSE53-trimmed.xml') });
    await step();
    assert.equal(await scene.stanceAt('sendai'), 'leave');
    assert.equal(await scene.stanceAt('frankfurt'), 'calm');
    const sendai = must(scene.ids.get('sendai'), 'an id');
    assert.equal(scene.dangers.at(-1)?.stances.get(sendai)?.stance, 'leave');
    const line = must(
      scene.said.findLast((one) => one.includes('stance')),
      'a line of the log',
    );
    assert.match(
      line,
      /"event":"the stance towards a store changed".*"stance":"leave","city":"sendai"/,
    );
    assert.match(scene.metrics.text(), /kura_feed_age_seconds\{feed="jma-earthquakes"\} 0/);
    assert.match(scene.metrics.text(), /kura_stores_by_stance\{stance="leave"\} 1/);
  });

  it('asks through the proxy, says who asks, and asks whether something is new', async (context) => {
    const scene = await Scene.open(context);
    const { server, clock } = scene;
    server.answers.set(LONG_INDEX, { body: indexOf() });
    server.answers.set(INDEX, { body: indexOf() });
    const { step } = scene.watch(JMA_FEED);
    for (let minute = 0; minute < 3; minute++) {
      await step();
      clock.advance(MINUTE_MS);
    }
    assert.deepEqual(
      server.asked.map(({ url, status, headers }) => [url, status, headers['user-agent']]),
      [
        [LONG_INDEX, 200, 'kura (ops@example.org)'],
        [INDEX, 200, 'kura (ops@example.org)'],
        [INDEX, 304, 'kura (ops@example.org)'],
      ],
    );
    assert.ok(server.tunnels.every((target) => target === 'www.data.jma.go.jp:443'));
  });

  it('after a kill nothing is fetched twice, and the world is as it was', async (context) => {
    const scene = await Scene.open(context);
    const { server, clock } = scene;
    const quake = `${JMA}/data/32-39_11_05_VXSE53.xml`;
    server.answers.set(quake, { body: telegramOf('32-39_11_05_120615_VXSE53-trimmed.xml') });
    for (const index of [INDEX, LONG_INDEX]) server.answers.set(index, { body: indexOf(quake) });
    const first = scene.watch(JMA_FEED);
    await first.step();
    clock.advance(MINUTE_MS);
    await first.step();
    const askedBefore = server.timesAsked(INDEX);
    await first.leases.giveBack();
    const second = scene.watch(JMA_FEED);
    await second.step();
    assert.equal(server.timesAsked(INDEX), askedBefore, 'not before its time');
    assert.equal(await scene.stanceAt('sendai'), 'leave');
    clock.advance(MINUTE_MS);
    await second.step();
    assert.equal(server.asked.at(-1)?.status, 304);
    const warning = `${JMA}/data/32-39_11_06_VTSE41.xml`;
    server.answers.set(INDEX, { body: indexOf(warning, quake) });
    server.answers.set(warning, { body: telegramOf('32-39_11_06_120615_VTSE41.xml') });
    clock.advance(MINUTE_MS);
    await second.step();
    assert.deepEqual([server.timesAsked(warning), server.timesAsked(quake)], [1, 1]);
    const { events } = must(scene.dangers.at(-1), 'a danger');
    assert.deepEqual(
      events.map(({ kind, state }) => [kind, state]),
      [
        ['earthquake', 'active'],
        ['tsunami', 'active'],
      ],
    );
  });

  it('one silent server keeps no other from being heard', async (context) => {
    const scene = await Scene.open(context);
    const { server, clock } = scene;
    server.answers.set(LONG_INDEX, { body: '', isSilent: true });
    server.answers.set(CAP_INDEX, { body: floodAt('osaka', START_MS) });
    const { step } = scene.watch({ ...JMA_FEED, capFeeds: [`office ${CAP_INDEX} 60`] });
    const stepped = step();
    await clock.whenArmed(PATIENCE_MS);
    while (!/feed="office"/.test(scene.metrics.text())) await new Promise(setImmediate);
    assert.equal(server.timesAsked(LONG_INDEX), 1);
    clock.advance(PATIENCE_MS);
    await stepped;
    assert.equal(await scene.stanceAt('osaka'), 'leave');
    const again = step();
    await clock.whenArmed(PATIENCE_MS);
    clock.advance(FEED_DEADLINE_MS - PATIENCE_MS);
    await again;
    await step();
    assert.match(scene.said.join(''), /"a feed is down".*"feed":"jma-earthquakes"/);
    assert.equal(await scene.stanceAt('osaka'), 'leave');
  });

  it('neither a redirect nor a forged link makes it call on strangers', async (context) => {
    const scene = await Scene.open(context);
    const { server, clock } = scene;
    const location = 'https://alerts.example.org/elsewhere';
    server.answers.set(LONG_INDEX, { body: '', status: 302, headers: { location } });
    server.answers.set(CAP_INDEX, { body: indexOf('https://169.254.169.254/secrets', INDEX) });
    const { step } = scene.watch({ ...JMA_FEED, capFeeds: [`office ${CAP_INDEX} 60`] });
    await step();
    clock.advance(10 * SECOND_MS);
    const asked = server.asked.map(({ url }) => url);
    assert.deepEqual(asked.toSorted(), [CAP_INDEX, LONG_INDEX].toSorted());
    assert.deepEqual([...new Set(server.tunnels)].toSorted(), [
      'alerts.example.org:443',
      'www.data.jma.go.jp:443',
    ]);
  });

  it('a server that nobody vouches for is not heard', async (context) => {
    const scene = await Scene.open(context);
    scene.server.answers.set(CAP_INDEX, { body: floodAt('osaka', START_MS) });
    const stranger = await FeedServer.start(['alerts.example.org']);
    context.after(() => stranger.close());
    const { step } = scene.watch({
      ...{ feeds: [], capFeeds: [`office ${CAP_INDEX} 60`] },
      authority: stranger.authorityFile,
    });
    await step();
    assert.equal(await scene.stanceAt('osaka'), 'calm');
    assert.match(scene.said.join(''), /"a feed is down".*certificate/);
  });

  it('whoever has the lease writes, and whoever had it writes nothing any more', async (context) => {
    const scene = await Scene.open(context);
    const { server } = scene;
    server.answers.set(CAP_INDEX, { body: floodAt('osaka', START_MS) });
    const settings = { feeds: [], capFeeds: [`office ${CAP_INDEX} 60`] };
    const [first, second] = [scene.watch(settings), scene.watch(settings)];
    const stale = must(await first.leases.take('hazards'), 'the lease is free');
    assert.equal(await second.leases.take('hazards'), undefined);
    await first.leases.giveBack();
    await second.step();
    await assert.rejects(
      stale.transact(async () => undefined),
      /held by another program/,
    );
  });
});
