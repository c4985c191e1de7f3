// Goal: a machine that reaches the world through a proxy only reaches its network, and is told what is wrong if not.
import assert from 'node:assert/strict';
import { createServer as createHttp } from 'node:http';
import { connect as openTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { KuraError } from '@kura/base';
import { listen } from '../test-listen.ts';
import { TestNetwork } from '../test-network.ts';
import { handlersOver, TABLE } from '../test-table.ts';
import { proxyFor } from './proxy.ts';

async function begin(context: TestContext) {
  const network = new TestNetwork(context);
  const edge = await network.serve({ endpoints: TABLE, handlers: handlersOver(new Map()) });
  return { network, edge };
}

/** A proxy that connects wherever it is asked to; what it was asked. */
async function openProxy(context: TestContext, isAllowed = true) {
  const asked: string[] = [];
  const server = createHttp();
  const open = new Set<Duplex>();
  server.on('connect', (message, socket: Duplex) => {
    asked.push(`${message.url} ${message.headers['proxy-authorization'] ?? ''}`.trim());
    open.add(socket);
    socket.on('error', () => undefined);
    if (!isAllowed) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const [host = '', port] = (message.url ?? '').split(':');
    const onward = openTcp({ host, port: Number(port) }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    open.add(onward);
    onward.on('error', () => socket.destroy());
  });
  const address = await listen(server);
  context.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return { address, asked };
}

test('C7: a call goes through a proxy, with the name and password given', async (context) => {
  const { network, edge } = await begin(context);
  const proxy = await openProxy(context);
  const identity = network.identity('device');
  const client = network.client(edge.address, { identity, proxy: `http://a:b@${proxy.address}` });
  const greeting = { params: { name: 'a' }, query: { times: 2 } };
  assert.deepEqual(await client.call(TABLE.greet, greeting), { text: 'aa' });
  assert.deepEqual(proxy.asked, [`${edge.address} Basic ${Buffer.from('a:b').toString('base64')}`]);
});

test('a proxy that does not let through is named', async (context) => {
  const { network, edge } = await begin(context);
  const proxy = await openProxy(context, false);
  const client = network.client(edge.address, { proxy: `http://${proxy.address}` });
  await assert.rejects(
    client.call(TABLE.describe, { tries: 1 }),
    (error: unknown) =>
      error instanceof KuraError &&
      error.code === 'unreachable' &&
      /the proxy .* answered 407/.test(error.message),
  );
});

test('the usual variables say which proxy, and where none', () => {
  const environment = { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'localhost, .example.org,10.0.0.1' };
  const of = (host: string) => proxyFor({ host, port: 7443 }, environment);
  assert.equal(of('kura.net'), 'http://p:1');
  for (const host of ['localhost', 'gw.example.org', 'example.org', '10.0.0.1']) {
    assert.equal(of(host), undefined, host);
  }
  assert.equal(of('notexample.org'), 'http://p:1');
  assert.equal(proxyFor({ host: 'kura.net', port: 1 }, {}), undefined);
});
