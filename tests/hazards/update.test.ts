// Goal: the owner of an embedded network asks the world once, and the next backup keeps out of the way of
// what is feared. The world is servers on this machine, reached by the real command through a proxy.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { type TestContext, test } from 'node:test';
import { systemClock } from '@kura/base';
import { describeEnd, type Ended, runKura } from '../real/kura.ts';
import { floodAt } from './cap-alert.ts';
import { FeedServer } from './feed-server.ts';

const HUB = 'cap-alerts.s3.amazonaws.com';
const INDEX = `https://${HUB}/unfiltered/rss.xml`;
const ALERT = `https://${HUB}/alert.cap`;

function indexOf(...links: readonly string[]): string {
  const items = links.map((link) => {
    return `<item><title>an alert</title><link>${link}</link><guid>${link}</guid></item>`;
  });
  return `<rss version="2.0"><channel><title>alerts</title>${items.join('')}</channel></rss>`;
}

interface Owner {
  readonly folder: string;
  readonly server: FeedServer;
  kura(...argv: readonly string[]): Promise<Ended>;
}

/** A network of folders in three cities, of which each file gets two copies. */
async function founded(context: TestContext): Promise<Owner> {
  const folder = fs.mkdtempSync(`${os.tmpdir()}/kura-update-`);
  const server = await FeedServer.start([HUB]);
  context.after(async () => {
    await server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const kura = async (...argv: readonly string[]): Promise<Ended> => {
    const environment = { https_proxy: server.proxy, no_proxy: '' };
    const ended = await runKura(argv, { home: `${folder}/home`, environment });
    assert.equal(ended.code, 0, describeEnd(ended));
    return ended;
  };
  const stores = ['Osaka', 'Frankfurt', 'Stockholm'].flatMap((city) => [
    '--store',
    `${folder}/${city}=${city}`,
  ]);
  await kura('init', '--home', 'Tokyo', ...stores);
  fs.mkdirSync(`${folder}/files`);
  return { folder, server, kura };
}

const UPDATE = ['hazards', 'update', '--contact', 'ann@example.org', '--feed', 'alert-hub'];

test('A4: after one look at the world the next backup keeps out of danger, and check names it', async (context) => {
  const { folder, server, kura } = await founded(context);
  server.answers.set(INDEX, { body: indexOf(ALERT) });
  server.answers.set(ALERT, { body: floodAt('frankfurt', systemClock.nowMs()) });
  const { out } = await kura(...UPDATE, '--authority', server.authorityFile);
  assert.match(out, /^1 event in force; in danger: frankfurt \(leave\)$/m);
  fs.writeFileSync(`${folder}/files/letter`, 'keep this');
  await kura('backup', `${folder}/files`);
  const copies = await kura('copies', 'latest', '--json');
  const cities = copies.out
    .trim()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { copies: { city: string }[] }).copies)
    .map(({ city }) => city);
  assert.deepEqual([...new Set(cities)].toSorted(), ['osaka', 'stockholm']);
  assert.match(
    (await kura('check')).out,
    /Frankfurt \(frankfurt\) is in danger \(Flood at frankfurt\)/,
  );
  const feeds = await kura('hazards', 'feeds', '--json');
  assert.equal((JSON.parse(feeds.out) as { outcome: string }).outcome, 'fresh');
});

test('a world that does not answer changes nothing, and the person is told', async (context) => {
  const { server, kura } = await founded(context);
  server.answers.set(INDEX, { body: 'no feed', status: 503 });
  const { out, err } = await kura(...UPDATE, '--authority', server.authorityFile);
  assert.match(out, /^0 events in force; no store is in danger$/m);
  assert.match(err, /alert-hub: a feed is down: alert-hub answers with status 503/);
});
