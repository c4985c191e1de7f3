import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { FaultProxy } from './fault-proxy.ts';

/** Says back what it is told, after its own name. */
async function echo(test: TestContext, name: string): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(name);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  return server;
}

function addressOf(server: net.Server): string {
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  return `127.0.0.1:${bound.port}`;
}

async function openProxy(test: TestContext, ...servers: net.Server[]): Promise<FaultProxy> {
  const proxy = await FaultProxy.open(servers.map(addressOf));
  test.after(() => proxy.close());
  return proxy;
}

function dial(test: TestContext, proxy: FaultProxy): net.Socket {
  const [host, port] = proxy.address.split(':');
  const socket = net.connect(Number(port), host);
  socket.on('error', () => undefined);
  test.after(() => socket.destroy());
  return socket;
}

function closed(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

/** Reads until so much has come. */
async function hear(socket: net.Socket, text: string): Promise<void> {
  let heard = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false })) {
    heard += String(piece);
    if (heard.length >= text.length) break;
  }
  assert.equal(heard, text);
}

describe('a proxy that can fail', () => {
  it('lets everything through while the line is sound', async (test) => {
    const proxy = await openProxy(test, await echo(test, 'a'));
    const socket = dial(test, proxy);
    socket.write('hello');
    await hear(socket, 'ahello');
  });

  it('holds what is sent while it is silent or deaf, and gives it on afterwards', async (test) => {
    const server = await echo(test, 'a');
    const [proxy, open] = [await openProxy(test, server), await openProxy(test, server)];
    const socket = dial(test, proxy);
    await hear(socket, 'a');
    for (const line of ['silent', 'deaf'] as const) {
      proxy.become(line);
      socket.write('later');
      const said: string[] = [];
      const listen = (piece: Buffer): void => void said.push(String(piece));
      socket.on('data', listen);
      // Another way to the same server is open: what went the first way would be back by then.
      const around = dial(test, open);
      around.write('ping');
      await hear(around, 'aping');
      assert.deepEqual(said, [], line);
      socket.removeListener('data', listen);
      proxy.become('sound');
      await hear(socket, 'later');
    }
  });

  it('resets what stands when it is cut, and whoever comes then', async (test) => {
    const proxy = await openProxy(test, await echo(test, 'a'));
    const standing = dial(test, proxy);
    await hear(standing, 'a');
    proxy.become('cut');
    await closed(standing);
    await closed(dial(test, proxy));
    assert.equal(proxy.count, 0);
    proxy.become('sound');
    await hear(dial(test, proxy), 'a');
  });

  it('goes to the next program if one is not there', async (test) => {
    const gone = await echo(test, 'a');
    const proxy = await openProxy(test, gone, await echo(test, 'b'));
    const first = dial(test, proxy);
    await hear(first, 'a');
    first.destroy();
    gone.close();
    await once(gone, 'close');
    await hear(dial(test, proxy), 'b');
  });
});
