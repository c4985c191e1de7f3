// How a bucket is asked when its server is slow, silent or strange; what a real one answers is in tests/s3.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KuraError, must, SECOND_MS, utf8 } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import type { OutsideAnswer, OutsideRequest } from '@kura/wire/outside/outside-client.ts';
import { Bucket } from './bucket.ts';

type Step = OutsideAnswer | KuraError;

const answer = (
  status: number,
  { headers = {}, body = '' }: { headers?: Record<string, string>; body?: string } = {},
): OutsideAnswer => ({ status, header: (name) => headers[name], body: utf8(body) });

const silence = new KuraError('unreachable', 'nobody answers');
const bytes = utf8('the bytes');

/** A server that does what it is told, one step a request. */
class Script {
  /** Between tries, in seconds; they are over at once. */
  readonly pauses: number[] = [];
  readonly asked: OutsideRequest[] = [];
  readonly bucket: Bucket;
  readonly #steps: Step[];

  constructor(...steps: readonly Step[]) {
    this.#steps = [...steps];
    this.bucket = new Bucket({
      endpoint: 'https://s3.example',
      bucket: 'b',
      region: 'eu',
      accessKey: 'A',
      secretKey: 'S',
      clock: {
        nowMs: () => 1_790_000_000_000,
        elapsedMs: () => 0,
        after: (delayMs, action) => {
          this.pauses.push(delayMs / SECOND_MS);
          queueMicrotask(action);
          return () => undefined;
        },
      },
      random: new SeededRandom(1),
      client: { send: (request) => this.#send(request), close: () => undefined },
    });
  }

  async #send(request: OutsideRequest): Promise<OutsideAnswer> {
    this.asked.push(request);
    const step = this.#steps.shift();
    if (step === undefined) throw new Error('the script has ended');
    if (step instanceof KuraError) throw step;
    return step;
  }
}

const codeIs =
  (code: KuraError['code']) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code;

describe('a bucket', () => {
  test('a put is signed, conditional, and carries two digests of its body', async () => {
    const script = new Script(answer(200));
    assert.equal(await script.bucket.put({ key: 'copies/00/a', bytes, over: 'new' }), 'stored');
    const { url, headers, method, body } = must(script.asked[0], 'a request');
    assert.equal(`${method} ${url.href}`, 'PUT https://s3.example/b/copies/00/a');
    assert.equal(headers['if-none-match'], '*');
    assert.equal(headers['content-md5'], 'q0jocDd+XZ++EWY5SeIpsA==');
    const sha256 = 'ed589341c9fd5da96aaff4c5efa008226282a716186608d5a032ac75895a9c2f';
    assert.equal(headers['x-amz-content-sha256'], sha256);
    assert.match(headers.authorization ?? '', /SignedHeaders=[^,]*if-none-match/);
    assert.equal(body, bytes);
  });

  test('what passes is tried again, five times in all, and then told', async () => {
    const script = new Script(silence, answer(503), answer(409), answer(429), answer(200));
    const put = { key: 'a', bytes, over: 'new' } as const;
    assert.equal(await script.bucket.put(put), 'stored');
    assert.equal(script.asked.length, 5);
    for (const [index, seconds] of script.pauses.entries()) {
      assert.ok(seconds >= 2 ** index / 2 && seconds < 1.5 * 2 ** index, `pause ${index}`);
    }
    const down = new Script(...Array.from({ length: 6 }, () => answer(500)));
    await assert.rejects(down.bucket.put(put), codeIs('unreachable'));
    assert.equal(down.asked.length, 5);
    const gone = new Script(...Array.from({ length: 6 }, () => silence));
    await assert.rejects(gone.bucket.put(put), codeIs('unreachable'));
  });

  test('a lost answer to a put that was stored comes back as taken', async () => {
    const script = new Script(silence, answer(412));
    const put = script.bucket.put({ key: 'a', bytes, over: 'new' });
    assert.equal(await put, 'taken');
  });

  test('what does not pass is told at once, each by its own code', async () => {
    const error = (code: string): { body: string } => ({
      body: `<Error><Code>${code}</Code></Error>`,
    });
    const cases: readonly [OutsideAnswer, KuraError['code']][] = [
      [answer(403, error('AccessDenied')), 'refused'],
      [answer(404, error('NoSuchBucket')), 'unreachable'],
      [answer(404), 'unreachable'],
      [answer(507), 'no_space'],
      [answer(418), 'io'],
    ];
    for (const [step, code] of cases) {
      const script = new Script(step);
      await assert.rejects(script.bucket.get('a', { maxBytes: 1 }), codeIs(code), code);
      assert.equal(script.asked.length, 1);
    }
    const missing = new Script(answer(404, error('NoSuchKey')));
    assert.equal(await missing.bucket.get('a', { maxBytes: 1 }), undefined);
  });

  test('a part is believed only with its place in the whole', async () => {
    const headers = { etag: '"e"', 'content-range': 'bytes 4-7/900' };
    const range = { first: 4, count: 4 };
    const good = new Script(answer(206, { headers, body: 'abcd' }));
    const found = await good.bucket.get('a', { range, maxBytes: 4 });
    assert.deepEqual([found?.sizeBytes, found?.etag], [900, 'e']);
    assert.equal(good.asked[0]?.headers.range, 'bytes=4-7');
    const placeless = new Script(answer(206, { headers: { etag: '"e"' }, body: 'abcd' }));
    await assert.rejects(placeless.bucket.get('a', { range, maxBytes: 4 }), codeIs('corrupt'));
    const whole = new Script(answer(200, { headers, body: 'abcd' }));
    await assert.rejects(whole.bucket.get('a', { range, maxBytes: 4 }), codeIs('io'));
  });
});
