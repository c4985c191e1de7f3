import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { KuraError, systemAlarmClock } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { type OutsideClient, openOutsideClient } from './outside-client.ts';

interface Scene {
  readonly client: OutsideClient;
  readonly clock: ManualAlarmClock;
  readonly url: URL;
  readonly server: Server;
}

async function withServer(
  answer: RequestListener,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clock = new ManualAlarmClock();
  const client = openOutsideClient({ connections: 2, deadlineMs: 30_000, clock });
  try {
    await work({ client, clock, url: new URL(`http://127.0.0.1:${port}/name`), server });
  } finally {
    client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const codeIs =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code;

describe('a client of other servers', () => {
  test('sends a body with its length and brings status, headers and body back', async () => {
    const body = new Uint8Array(100_000).fill(7);
    await withServer(
      async (request, response) => {
        let got = 0;
        for await (const part of request as AsyncIterable<Buffer>) got += part.length;
        response.writeHead(201, { 'x-got': `${got}`, 'x-said': request.headers['content-length'] });
        response.end('done');
      },
      async ({ client, url }) => {
        const request = { method: 'PUT', url, headers: {}, body, maxAnswerBytes: 4 } as const;
        const answer = await client.send(request);
        assert.equal(answer.status, 201);
        assert.equal(answer.header('x-got'), '100000');
        assert.equal(answer.header('x-said'), '100000');
        assert.equal(Buffer.from(answer.body).toString(), 'done');
      },
    );
  });

  const get = (url: URL) => ({ method: 'GET', url, headers: {}, maxAnswerBytes: 1000 }) as const;

  test('an answer that grows beyond what was expected is corrupt', async () => {
    await withServer(
      (_request, response) => void response.end(Buffer.alloc(1001)),
      ({ client, url }) => assert.rejects(client.send(get(url)), codeIs('corrupt')),
    );
  });

  test('an answer that ends too early, and none at all, are unreachable', async () => {
    await withServer(
      (_request, response) => {
        response.writeHead(200, { 'content-length': '500' });
        response.write(Buffer.alloc(100));
        response.socket?.destroySoon();
      },
      ({ client, url }) => assert.rejects(client.send(get(url)), codeIs('unreachable')),
    );
    await withServer(
      (request) => void request.socket.destroy(),
      ({ client, url }) => assert.rejects(client.send(get(url)), codeIs('unreachable')),
    );
    const client = openOutsideClient({ connections: 1, deadlineMs: 1, clock: systemAlarmClock });
    const nobody = new URL('http://127.0.0.1:1/');
    await assert.rejects(client.send(get(nobody)), codeIs('unreachable'));
    client.close();
  });

  test('a server that is silent, before or amid its answer, is unreachable after the deadline', async () => {
    for (const isBegun of [false, true]) {
      const { promise: asked, resolve } = Promise.withResolvers<void>();
      await withServer(
        (_request, response) => {
          if (isBegun) response.write('x');
          resolve();
        },
        async ({ client, clock, url }) => {
          const late = assert.rejects(client.send(get(url)), codeIs('unreachable'));
          await asked;
          clock.advance(30_000);
          await late;
        },
      );
    }
  });

  test('a request that is given up ends', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    await withServer(
      () => resolve(),
      async ({ client, url }) => {
        const stop = new AbortController();
        const stopped = assert.rejects(
          client.send({ ...get(url), signal: stop.signal }),
          codeIs('interrupted'),
        );
        await asked;
        stop.abort();
        await stopped;
      },
    );
  });
});
