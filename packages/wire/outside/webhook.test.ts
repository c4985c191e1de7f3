// Goal: a webhook is called over https or on this machine alone, signed, within bounds, and never somewhere else.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { KuraError, systemAlarmClock } from '@kura/base';
import { openOutsideClient } from './outside-client.ts';
import { callWebhook, parseWebhookUrl, webhookSignature } from './webhook.ts';

interface Heard {
  readonly request: IncomingMessage;
  readonly body: string;
}

async function calling(status: number, headers: Readonly<Record<string, string>> = {}) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      heard.push({ request, body: Buffer.concat(parts).toString() });
      response.writeHead(status, headers);
      response.end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = openOutsideClient({ connections: 1, deadlineMs: 10_000, clock: systemAlarmClock });
  const url = parseWebhookUrl(`http://127.0.0.1:${port}/kura`);
  const call = { delivery: 'ab.1', body: '{"n":1}', nowMs: 1_700_000_000_500 };
  let failure: unknown;
  try {
    await callWebhook({ url, secret: 'sixteen letters!' }, call, client);
  } catch (error) {
    failure = error;
  } finally {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  return { heard, failure };
}

test('A13: a message arrives signed, and its receiver can make the signature again', async () => {
  const { heard, failure } = await calling(204);
  assert.equal(failure, undefined);
  assert.equal(heard.length, 1);
  const { request, body } = heard[0] as Heard;
  assert.deepEqual([request.method, request.url, body], ['POST', '/kura', '{"n":1}']);
  assert.equal(request.headers['kura-delivery'], 'ab.1');
  const mac = webhookSignature('sixteen letters!', 1_700_000_000, body);
  assert.equal(request.headers['kura-signature'], `t=1700000000,v1=${mac}`);
  assert.notEqual(mac, webhookSignature('another secret!!', 1_700_000_000, body));
});

test('what says no for ever is refused, what may be better later is unreachable', async () => {
  const codes: (string | undefined)[] = [];
  for (const status of [404, 410, 429, 500, 503]) {
    const { failure } = await calling(status);
    codes.push(failure instanceof KuraError ? failure.code : undefined);
  }
  assert.deepEqual(codes, ['refused', 'refused', 'unreachable', 'unreachable', 'unreachable']);
});

test('a redirect is not followed', async () => {
  const { heard, failure } = await calling(302, { location: 'http://127.0.0.1:1/elsewhere' });
  assert.equal(heard.length, 1);
  assert.ok(failure instanceof KuraError && failure.code === 'unreachable');
});

test('only https, or this machine, is an address for a webhook', () => {
  for (const good of [
    'https://example.org/x',
    'http://127.0.0.1:8/x',
    'http://[::1]/',
    'http://localhost/',
  ]) {
    assert.equal(parseWebhookUrl(good).href, new URL(good).href);
  }
  const bad = [
    'http://example.org/',
    'http://10.0.0.1/',
    'http://127.0.0.1.example.org/',
    'https://user:word@example.org/',
    'ftp://localhost/',
    'nonsense',
  ];
  for (const text of bad) {
    assert.throws(
      () => parseWebhookUrl(text),
      (error: unknown) => error instanceof KuraError && error.code === 'usage',
      text,
    );
  }
});
