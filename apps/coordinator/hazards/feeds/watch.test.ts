import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '@kura/base';
import { EventBook } from '../events/event-book.ts';
import { openFeed } from './catalogue.ts';
import type { FetchFeed } from './feed.ts';
import { readNwsAlerts } from './sources/nws.ts';
import { bytesOf, sampleText, TestClock } from './test-data.ts';
import { watchFeeds } from './watch.ts';

const LIST = 'nws/alerts-active-northwest-2025-12-15-absolute-time.json';

type Alerts = { features: { properties: Record<string, unknown> }[] };

/** The NWS list behind a feed, changed by a test from minute to minute. */
function watched() {
  const clock = new TestClock('2025-12-15T22:00:00Z');
  const list = JSON.parse(sampleText(LIST)) as Alerts;
  const server = { list: { features: list.features.slice(0, 3) }, isDown: false };
  const fetch: FetchFeed = async () =>
    server.isDown
      ? { status: 500, body: new Uint8Array() }
      : { status: 200, body: bytesOf(JSON.stringify(server.list)) };
  const entry = {
    name: 'nws',
    source: 'nws',
    url: 'https://api.weather.gov/alerts/active?status=actual',
    hosts: ['api.weather.gov'],
    accept: 'application/geo+json',
    intervalMs: MINUTE_MS,
    isComplete: true,
    read: (bytes: Uint8Array) => readNwsAlerts(bytes),
  } as const;
  const feeds = [openFeed(entry, { fetch, clock })];
  const book = new EventBook();
  const minute = async (): Promise<number> => {
    await watchFeeds(feeds, book, () => clock.nowMs());
    clock.advance(MINUTE_MS);
    return book.active().length;
  };
  return { server, minute };
}

test('an alert that leaves the list is over after the second good poll', async () => {
  const { server, minute } = watched();
  assert.equal(await minute(), 3);
  server.list = { features: server.list.features.slice(1) };
  assert.equal(await minute(), 3);
  assert.equal(await minute(), 2);
});

test('while the server is down nothing ends for want of news', async () => {
  const { server, minute } = watched();
  assert.equal(await minute(), 3);
  server.isDown = true;
  for (let times = 0; times < 30; times++) assert.equal(await minute(), 3);
});

test('a list of which something could not be read ends nothing', async () => {
  const { server, minute } = watched();
  assert.equal(await minute(), 3);
  const damaged = structuredClone(server.list);
  for (const { properties } of damaged.features) properties.sent = 'yesterday';
  server.list = damaged;
  for (let times = 0; times < 5; times++) assert.equal(await minute(), 3);
});
