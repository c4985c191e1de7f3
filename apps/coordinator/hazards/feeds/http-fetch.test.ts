// Node's own Response on one side, the port on the other; no network in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KuraError } from '@kura/base';
import { fetchOverHttps } from './http-fetch.ts';

type Call = { url: string; init: RequestInit | undefined };

function over(answer: () => Response | Promise<Response>) {
  const calls: Call[] = [];
  const fetch = fetchOverHttps({
    fetch: async (url, init) => {
      calls.push({ url: String(url), init });
      return answer();
    },
    signalAfter: () => new AbortController().signal,
    userAgent: 'kura test',
  });
  return { fetch, calls };
}

const REQUEST = { url: 'https://feed.example/list', accept: 'application/json', maxBytes: 10 };
const refuses = (code: string) => (error: unknown) =>
  error instanceof KuraError && error.code === code;

test('says who asks and for what, sends validators, and follows no redirect', async () => {
  const { fetch, calls } = over(
    () => new Response('0123456789', { headers: { etag: '"e"', 'last-modified': 'then' } }),
  );
  const answer = await fetch({ ...REQUEST, etag: '"d"', lastModified: 'before' });
  assert.equal(Buffer.from(answer.body).toString(), '0123456789');
  assert.deepEqual([answer.status, answer.etag, answer.lastModified], [200, '"e"', 'then']);
  const headers = new Headers(calls[0]?.init?.headers);
  assert.deepEqual(
    ['accept', 'user-agent', 'if-none-match', 'if-modified-since'].map((name) => headers.get(name)),
    ['application/json', 'kura test', '"d"', 'before'],
  );
  assert.equal(calls[0]?.init?.redirect, 'error');
});

test('a body larger than allowed is cut off, not collected', async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(4));
    },
  });
  const { fetch } = over(() => new Response(endless));
  await assert.rejects(fetch(REQUEST), refuses('too_large'));
  assert.ok(pulled < 10, `${pulled} parts`);
});

test('"not modified", errors of the server and silence are three different things', async () => {
  const notModified = over(() => new Response(null, { status: 304 }));
  assert.equal((await notModified.fetch(REQUEST)).status, 304);
  const busy = over(() => new Response('', { status: 503, headers: { 'retry-after': '120' } }));
  const answer = await busy.fetch(REQUEST);
  assert.deepEqual([answer.status, answer.retryAfterMs], [503, 120_000]);
  const silent = over(() => Promise.reject(new TypeError('fetch failed')));
  await assert.rejects(silent.fetch(REQUEST), refuses('unreachable'));
});
