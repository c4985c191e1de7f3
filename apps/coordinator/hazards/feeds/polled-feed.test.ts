import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, KuraError, MINUTE_MS } from '@kura/base';
import { type CatalogueEntry, capFeed, openFeed } from './catalogue.ts';
import type { FeedRequest, FetchFeed } from './feed.ts';
import { type RecordedAnswer, recordedFetch } from './fetch/recorded-fetch.ts';
import { at, bytesOf, sample, sampleText, TestClock } from './test-data.ts';

const URL_OF_INDEX = 'https://alerts.example/index.atom';
const MESSAGE = 'https://alerts.example/one.cap';
const START = '2010-08-30T12:00:00Z';

function entry(settings: Partial<CatalogueEntry> = {}): CatalogueEntry {
  const feed = capFeed('test', URL_OF_INDEX, { intervalMs: MINUTE_MS, isComplete: true });
  return { ...feed, ...settings };
}

/** Recorded answers, and every request that was made. */
function world(answers: readonly Omit<RecordedAnswer, 'fromMs'>[], extra: RecordedAnswer[] = []) {
  const clock = new TestClock(START);
  const requests: FeedRequest[] = [];
  const all = [...answers.map((answer) => ({ ...answer, fromMs: 0 })), ...extra];
  const inner = recordedFetch(all, clock);
  const fetch: FetchFeed = (request) => {
    requests.push(request);
    return inner(request);
  };
  return { clock, requests, fetch };
}

function index(...links: readonly string[]): Uint8Array {
  const entries = links.map(
    (href, number) =>
      `<entry><id>${number}</id><updated>2010-08-30T00:00:00Z</updated><link href="${href}"/></entry>`,
  );
  const feed = `<feed xmlns="http://www.w3.org/2005/Atom"><id>i</id>${entries.join('')}</feed>`;
  return bytesOf(feed);
}

test('an index leads to its messages, each fetched once however often the index is read', async () => {
  const { clock, requests, fetch } = world([
    { url: URL_OF_INDEX, body: index(MESSAGE) },
    { url: MESSAGE, body: sample('cap/weather.cap') },
  ]);
  const feed = openFeed(entry(), { fetch, clock });
  const first = await feed.poll();
  assert.equal(first.outcome, 'fresh');
  assert.equal(first.reports[0]?.kind, 'flood');
  clock.advance(MINUTE_MS);
  const second = await feed.poll();
  assert.equal(second.outcome, 'unchanged');
  assert.deepEqual(second.reports, first.reports);
  assert.equal(requests.filter(({ url }) => url === MESSAGE).length, 1);
});

test('the second request is conditional, and "not modified" is a good answer', async () => {
  const { clock, requests, fetch } = world([
    { url: URL_OF_INDEX, body: sample('cap/weather.atom') },
  ]);
  const feed = openFeed(entry(), { fetch, clock });
  await feed.poll();
  assert.equal(requests[0]?.etag, undefined);
  clock.advance(10 * MINUTE_MS);
  const again = await feed.poll();
  assert.match(requests[1]?.etag ?? '', /^"[0-9a-f]{16}"$/);
  assert.equal(again.outcome, 'unchanged');
  assert.equal(again.ageMs, 0);
});

test('a feed asked before its time makes no request', async () => {
  const { clock, requests, fetch } = world([
    { url: URL_OF_INDEX, body: sample('cap/weather.atom') },
  ]);
  const feed = openFeed(entry(), { fetch, clock });
  await feed.poll();
  clock.advance(MINUTE_MS - 1);
  const early = await feed.poll();
  assert.equal(early.outcome, 'not_due');
  assert.equal(early.reports.length, 1);
  assert.equal(requests.length, 1);
});

test('a feed that is down holds its last state, tells its age, and is asked ever less often', async () => {
  const downFrom = at(START) + 5 * MINUTE_MS;
  const { clock, requests, fetch } = world(
    [{ url: URL_OF_INDEX, body: sample('cap/weather.atom') }],
    [{ url: URL_OF_INDEX, fromMs: downFrom, status: 503, body: new Uint8Array() }],
  );
  const feed = openFeed(entry(), { fetch, clock });
  const good = await feed.poll();
  for (let minute = 0; minute < 120; minute++) {
    clock.advance(MINUTE_MS);
    const poll = await feed.poll();
    assert.deepEqual(poll.reports, good.reports, `held in minute ${minute}`);
  }
  const asked = requests.length;
  assert.ok(asked <= 5 + 12, `${asked} requests in two hours, of which 115 minutes down`);
  clock.advance(16 * MINUTE_MS);
  const down = await feed.poll();
  assert.equal(down.outcome, 'down');
  assert.equal(down.problems[0]?.code, 'unreachable');
  assert.equal(down.ageMs, 132 * MINUTE_MS);
});

test('a server that asks to be left alone is left alone, within reason', async () => {
  const clock = new TestClock(START);
  let requests = 0;
  const fetch: FetchFeed = async () => {
    requests++;
    return { status: 429, body: new Uint8Array(), retryAfterMs: 30 * MINUTE_MS };
  };
  const feed = openFeed(entry(), { fetch, clock });
  const poll = await feed.poll();
  assert.equal(poll.nextPollMs, at(START) + 30 * MINUTE_MS);
  clock.advance(29 * MINUTE_MS);
  await feed.poll();
  assert.equal(requests, 1);
});

test('a message that is damaged, foreign or missing is a named problem beside the good ones', async () => {
  const bad = ['https://alerts.example/xee.cap', 'https://alerts.example/none.cap'];
  const { clock, requests, fetch } = world([
    {
      url: URL_OF_INDEX,
      body: index(bad[0] ?? '', 'https://evil.example/a', bad[1] ?? '', MESSAGE),
    },
    { url: bad[0] ?? '', body: sample('cap/xee.cap') },
    { url: MESSAGE, body: sample('cap/weather.cap') },
  ]);
  const feed = openFeed(entry(), { fetch, clock });
  const poll = await feed.poll();
  assert.equal(poll.outcome, 'fresh');
  assert.equal(poll.reports.length, 1);
  assert.deepEqual(
    poll.problems.map(({ item, code }) => [item, code]),
    [
      [bad[0], 'hostile'],
      ['https://evil.example/a', 'hostile'],
      [bad[1], 'missing'],
    ],
  );
  assert.ok(requests.every(({ url }) => url.startsWith('https://alerts.example/')));
  for (let times = 0; times < 10; times++) {
    clock.advance(MINUTE_MS);
    await feed.poll();
  }
  assert.equal(requests.filter(({ url }) => url === bad[0]).length, 1, 'what is hostile stays so');
  assert.equal(requests.filter(({ url }) => url === bad[1]).length, 3, 'what is missing may come');
});

test('a server that falls silent in the middle is left alone until the next poll', async () => {
  const urls = Array.from({ length: 5 }, (_, number) => `https://alerts.example/${number}.cap`);
  const { clock, requests, fetch } = world([{ url: URL_OF_INDEX, body: index(...urls) }]);
  const silent: FetchFeed = async (request) => {
    if (request.url === URL_OF_INDEX) return fetch(request);
    requests.push(request);
    throw new KuraError('unreachable', 'no answer in half a minute');
  };
  const feed = openFeed(entry(), { fetch: silent, clock });
  const poll = await feed.poll();
  assert.deepEqual([poll.outcome, poll.isWhole], ['fresh', false]);
  assert.equal(requests.length, 2, 'the list and one message');
});

test('an entry without a name, or an element out of place, costs that entry only', async () => {
  for (const file of ['cap/no_id.atom', 'cap/invalid_element.atom']) {
    const { clock, fetch } = world([{ url: URL_OF_INDEX, body: sample(file) }]);
    const poll = await openFeed(entry(), { fetch, clock }).poll();
    assert.equal(poll.outcome, 'fresh', file);
    assert.equal(poll.problems[0]?.code, 'corrupt', file);
  }
});

test('an index with more messages than one poll may fetch is worked off in the next ones', async () => {
  const urls = Array.from({ length: 90 }, (_, number) => `https://alerts.example/${number}.cap`);
  const bodies = urls.map((url, number) => ({
    url,
    body: bytesOf(sampleText('cap/weather.cap').replace('MT20100830', `MT${number}`)),
  }));
  const { clock, requests, fetch } = world([
    { url: URL_OF_INDEX, body: index(...urls) },
    ...bodies,
  ]);
  const feed = openFeed(entry(), { fetch, clock });
  const counts: number[] = [];
  for (let times = 0; times < 4; times++) {
    counts.push((await feed.poll()).reports.length);
    clock.advance(MINUTE_MS);
  }
  assert.deepEqual(counts, [40, 80, 90, 90]);
  assert.equal(requests.length, 90 + 4);
});

test('a feed takes no more bytes in a day than its budget', async () => {
  const clock = new TestClock(START);
  const body = new Uint8Array(15_000_000).fill(32);
  let requests = 0;
  const fetch: FetchFeed = async () => {
    requests++;
    return { status: 200, body };
  };
  const feed = openFeed(
    entry({ read: () => ({ reports: [], links: [], problems: [], ignored: {} }) }),
    {
      fetch,
      clock,
    },
  );
  for (let minute = 0; minute < 20 * 60; minute++) {
    clock.advance(MINUTE_MS);
    await feed.poll();
  }
  assert.equal(requests, Math.ceil(1024 ** 3 / body.length) * 2, 'two days are touched');
});

test('JMA is asked at second 20 of a minute', async () => {
  const { clock, fetch } = world([{ url: URL_OF_INDEX, body: sample('cap/weather.atom') }]);
  const feed = openFeed(entry({ second: 20 }), { fetch, clock });
  const poll = await feed.poll();
  assert.equal(poll.nextPollMs % MINUTE_MS, 20_000);
  assert.ok(poll.nextPollMs - at(START) < 2 * MINUTE_MS);
});

test('after a gap the long list is read, and nothing that was fetched is fetched again', async () => {
  const long = 'https://alerts.example/long.atom';
  const urls = Array.from({ length: 50 }, (_, number) => `https://alerts.example/${number}.cap`);
  const bodies = urls.map((url, number) => ({
    url,
    body: bytesOf(sampleText('cap/weather.cap').replace('MT20100830', `MT${number}`)),
  }));
  const { clock, requests, fetch } = world([
    { url: URL_OF_INDEX, body: index(...urls.slice(0, 5)) },
    { url: long, body: index(...urls) },
    ...bodies,
  ]);
  const catchUp = { url: long, afterMs: 8 * MINUTE_MS };
  const feed = openFeed(entry({ catchUp }), { fetch, clock });
  const lists: string[] = [];
  for (const minutes of [0, 1, 1, 1, 20, 1]) {
    clock.advance(minutes * MINUTE_MS);
    const before = requests.length;
    await feed.poll();
    lists.push(requests[before]?.url ?? '');
  }
  assert.deepEqual(lists, [long, long, URL_OF_INDEX, URL_OF_INDEX, long, URL_OF_INDEX]);
  const fetched = requests.filter(({ url }) => url.endsWith('.cap')).map(({ url }) => url);
  assert.equal(fetched.length, 50);
  assert.equal(new Set(fetched).size, 50);
});

test('an error that is no fault of the world is not swallowed', async () => {
  const { clock, fetch } = world([{ url: URL_OF_INDEX, body: sample('cap/weather.atom') }]);
  const broken = entry({
    read: () => {
      throw new TypeError('a mistake of ours');
    },
  });
  await assert.rejects(openFeed(broken, { fetch, clock }).poll(), TypeError);
  clock.advance(HOUR_MS);
  const refused = entry({
    read: () => {
      throw new KuraError('corrupt', 'a mistake of theirs');
    },
  });
  assert.equal((await openFeed(refused, { fetch, clock }).poll()).outcome, 'down');
});
