// The feeds of the catalogue over recorded answers: real lists, and the messages that they lead to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MINUTE_MS } from '@kura/base';
import { EventBook } from '../events/event-book.ts';
import { defaultCatalogue, openFeed } from './catalogue.ts';
import type { FeedPoll } from './feed.ts';
import { type RecordedAnswer, recordedFetch } from './fetch/recorded-fetch.ts';
import { shakeGridLink } from './sources/usgs.ts';
import { bytesOf, sample, sampleText, TestClock } from './test-data.ts';
import { watchFeed } from './watch.ts';

const DETAIL = 'usgs/detail-hokkaido-2018-includesuperseded-trimmed.geojson';
const DETAIL_URL =
  'https://earthquake.usgs.gov/fdsnws/event/1/query?eventid=us2000h8ty&format=geojson';

/** The list as it named Hokkaido: Tohoku's entry with the other's essentials. */
function listOfHokkaido(): Uint8Array {
  const list = sampleText('usgs/summary-query-tohoku-2011.geojson')
    .replaceAll('official20110311054624120_30', 'us2000h8ty')
    .replace('"mag":9.1', '"mag":6.6')
    .replace('"time":1299822384120', '"time":1536170879150')
    .replace('"updated":1613488959454', '"updated":1536172369040')
    .replace('[142.373,38.297,29]', '[141.9294,42.6861,35]');
  return bytesOf(list);
}

/** One feed of the catalogue, asked once at that time; `bodies` by address. */
async function ask(
  name: string,
  time: string,
  bodies: Readonly<Record<string, Uint8Array>>,
): Promise<{ poll: FeedPoll; book: EventBook }> {
  const clock = new TestClock(time);
  const answers = Object.entries(bodies).map(
    ([url, body]): RecordedAnswer => ({ url, body, fromMs: 0 }),
  );
  const entry = defaultCatalogue().find((each) => each.name === name);
  assert.ok(entry !== undefined, name);
  const book = new EventBook();
  const feed = openFeed(entry, { fetch: recordedFetch(answers, clock), clock });
  const poll = await watchFeed(feed, book, () => clock.nowMs());
  return { poll, book };
}

const addressOf = (name: string): string => {
  const entry = defaultCatalogue().find((each) => each.name === name);
  return entry?.catchUp?.url ?? entry?.url ?? '';
};

test('every feed has a name of its own, https, its own host pinned, and a polite pace', () => {
  const catalogue = defaultCatalogue();
  assert.equal(new Set(catalogue.map(({ name }) => name)).size, catalogue.length);
  for (const { name, url, hosts, intervalMs } of catalogue) {
    assert.equal(new URL(url).protocol, 'https:', name);
    assert.ok(hosts.includes(new URL(url).hostname), name);
    assert.ok(intervalMs >= MINUTE_MS, name);
  }
});

test('USGS: a strong earthquake is followed to its detail and its ShakeMap', async () => {
  const grid = sampleText('usgs/grid-nepal-2015-excerpt.xml');
  const small = bytesOf(grid.replace('nlon="361" nlat="318"', 'nlon="4" nlat="1"'));
  const list = { [addressOf('usgs')]: listOfHokkaido() };
  const link = shakeGridLink(sample(DETAIL));
  assert.ok(link !== undefined);
  const followed = { ...list, [DETAIL_URL]: sample(DETAIL), [link.url]: small };
  const whole = await ask('usgs', '2018-09-05T18:33:00Z', followed);
  const [event, ...others] = whole.book.events();
  assert.equal(others.length, 0);
  assert.deepEqual(whole.poll.problems, []);
  assert.equal(event?.earthquake?.magnitude, 6.6);
  assert.equal(event?.earthquake?.shakeGrid?.mmi.length, 4);
  const without = await ask('usgs', '2018-09-05T18:33:00Z', {
    ...list,
    [DETAIL_URL]: sample(DETAIL),
  });
  assert.deepEqual(
    without.poll.problems.map(({ item, code, isLost }) => [item, code, isLost]),
    [[link.url, 'missing', false]],
  );
  assert.equal(without.book.events()[0]?.earthquake?.magnitude, 6.6);
});

test('JMA: the index leads to telegrams, whose areas have places', async () => {
  const telegram = 'https://www.data.jma.go.jp/developer/xml/data/one.xml';
  const index = sampleText('jma/index-2016-weather.atom').replace(
    /href="http:\/\/xml\.kishou\.go\.jp\/data\/afeedc52[^"]*"/,
    `href="${telegram}"`,
  );
  const { poll, book } = await ask('jma-earthquakes', '2011-03-11T05:49:00Z', {
    [addressOf('jma-earthquakes')]: bytesOf(index),
    [telegram]: sample('jma/tohoku-2011/32-39_11_01_120615_VXSE51.xml'),
  });
  assert.equal(
    book.events()[0]?.zones.every(({ unplaced }) => unplaced === 0),
    true,
  );
  assert.deepEqual(
    poll.problems.map(({ code }) => code),
    ['hostile'],
    'the other link of 2016 leads to a host that is not pinned',
  );
});

test('NHC: a storm of the list has its forecast, and leaves with the list', async () => {
  const deck = sampleText('nhc/florence-2018-al06-OFCL-adeck.dat')
    .replaceAll('AL, 06, 2018', 'EP, 06, 2026')
    .replaceAll('202609', '202607');
  const { book } = await ask('nhc', '2026-07-24T21:10:00Z', {
    [addressOf('nhc')]: sample('nhc/CurrentStorms-2026-07-24-trimmed.json'),
    'https://ftp.nhc.noaa.gov/atcf/fst/ep062026.fst': bytesOf(deck),
  });
  const [storm, ...others] = book.events();
  assert.equal(others.length, 0);
  assert.equal(storm?.id, 'cyclone/atcf:EP062026');
  assert.ok((storm?.cyclone?.track.length ?? 0) > 4);
});

test('NWS: zones that cannot be had cost their outlines, not the alerts', async () => {
  const { poll, book } = await ask('nws', '2025-12-15T22:00:00Z', {
    [addressOf('nws')]: sample('nws/alerts-active-northwest-2025-12-15-absolute-time.json'),
  });
  assert.equal(poll.reports.length, 39);
  assert.equal(poll.isWhole, true);
  assert.ok(poll.problems.length >= 20);
  assert.ok(poll.problems.every(({ isLost, code }) => !isLost && code === 'missing'));
  assert.ok(book.active().length > 20);
});
