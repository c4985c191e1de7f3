// A client of other servers on one side, the port on the other; `tests/hazards` asks a real server over TLS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { KuraError } from '@kura/base';
import type { OutsideRequest } from '@kura/wire/outside/outside-client.ts';
import { bytesOf } from '../test-data.ts';
import { fetchOverHttps } from './http-fetch.ts';

interface Canned {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

function over(answer: () => Canned) {
  const requests: OutsideRequest[] = [];
  const fetch = fetchOverHttps({
    client: {
      send: async (request) => {
        requests.push(request);
        const { status = 200, headers = {}, body = new Uint8Array() } = answer();
        if (body.length > request.maxAnswerBytes) throw new KuraError('corrupt', 'too long');
        return { status, header: (name) => headers[name], body };
      },
      close: () => undefined,
    },
    userAgent: 'kura test',
  });
  return { fetch, requests };
}

const REQUEST = { url: 'https://feed.example/list', accept: 'application/json', maxBytes: 10 };
const refuses = (code: string) => (error: unknown) =>
  error instanceof KuraError && error.code === code;

test('says who asks and for what, sends validators and brings new ones back', async () => {
  const { fetch, requests } = over(() => ({
    headers: { etag: '"e"', 'last-modified': 'then' },
    body: bytesOf('0123456789'),
  }));
  const answer = await fetch({ ...REQUEST, etag: '"d"', lastModified: 'before' });
  assert.equal(Buffer.from(answer.body).toString(), '0123456789');
  assert.deepEqual([answer.status, answer.etag, answer.lastModified], [200, '"e"', 'then']);
  const { headers } = requests[0] ?? {};
  assert.deepEqual(
    ['accept', 'user-agent', 'if-none-match', 'if-modified-since'].map((name) => headers?.[name]),
    ['application/json', 'kura test', '"d"', 'before'],
  );
});

test('a body larger than allowed is refused, packed or not', async () => {
  const long = over(() => ({ body: bytesOf('01234567890') }));
  await assert.rejects(long.fetch(REQUEST), refuses('too_large'));
  const packed = (size: number): Canned => ({
    headers: { 'content-encoding': 'gzip' },
    body: new Uint8Array(gzipSync(new Uint8Array(size))),
  });
  const request = { ...REQUEST, maxBytes: 2000 };
  await assert.rejects(over(() => packed(1_000_000)).fetch(request), refuses('too_large'));
  assert.equal((await over(() => packed(2000)).fetch(request)).body.length, 2000);
  const damaged = over(() => ({ ...packed(9), body: bytesOf('no gzip') }));
  await assert.rejects(damaged.fetch(request), refuses('corrupt'));
});

test('"not modified", errors of the server and silence are three different things', async () => {
  assert.equal((await over(() => ({ status: 304 })).fetch(REQUEST)).status, 304);
  const busy = over(() => ({ status: 503, headers: { 'retry-after': '120' } }));
  const answer = await busy.fetch(REQUEST);
  assert.deepEqual([answer.status, answer.retryAfterMs], [503, 120_000]);
  const silent = over(() => {
    throw new KuraError('unreachable', 'no answer');
  });
  await assert.rejects(silent.fetch(REQUEST), refuses('unreachable'));
});
