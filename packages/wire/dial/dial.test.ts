import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { equalBytes, KuraError, MIB, type StoreId } from '@kura/base';
import { defineEndpoints, json, raw, UNDIGESTED } from '@kura/contract/wire/endpoint.ts';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { record, text } from '@kura/contract/wire/shape.ts';
import { readWhole } from '../body.ts';
import type { EndpointClient } from '../client/client.ts';
import type { Edge } from '../server/edge.ts';
import { serve } from '../server/serve.ts';
import { STORE, TestNetwork } from '../test-network.ts';
import { RawSocket } from '../test-socket.ts';
import { dialOut } from './dial-out.ts';
import { type DialHub, openHub } from './hub.ts';

const word = text({ maxLength: 20 });
const TABLE = defineEndpoints({
  hello: {
    method: 'GET',
    path: '/v1/identity',
    who: 'gateway',
    answer: json(record({ text: word })),
  },
  echo: {
    method: 'PUT',
    path: '/v1/echo',
    who: 'gateway',
    request: raw(4 * MIB, UNDIGESTED),
    answer: raw(4 * MIB, UNDIGESTED),
    isIdempotent: true,
  },
});
const DIAL = { dial: GATEWAY_ENDPOINTS.dial };

interface Scene {
  readonly network: TestNetwork;
  readonly hub: DialHub;
  /** Resolves when the store has so many greeted connections. */
  whenLinked(count: number): Promise<void>;
  readonly ends: unknown[];
  /** The gateway's. */
  readonly edge: Edge;
}

async function begin(
  test: TestContext,
  greet?: (client: EndpointClient) => Promise<void>,
): Promise<Scene & { address: string }> {
  const network = new TestNetwork(test);
  const { clock, random } = network;
  const ends: unknown[] = [];
  const greeted: (() => void)[] = [];
  const hub = openHub({
    greet: async (client: EndpointClient, storeId: StoreId) => {
      assert.equal(storeId, STORE);
      await (greet?.(client) ?? client.call(TABLE.hello, {}));
      for (const look of greeted) setImmediate(look);
    },
    onEnd: (_, error) => ends.push(error),
    ...{ clock, random },
  });
  test.after(() => hub.close());
  const edge = await network.serve({
    endpoints: DIAL,
    handlers: {
      dial: async ({ caller }) => {
        assert.ok(caller.kind === 'certified' && caller.name.role === 'store');
        const { store } = caller.name;
        return (connection) => hub.accept(connection, store);
      },
    },
  });
  const whenLinked = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (hub.links(STORE) >= count) resolve();
      };
      greeted.push(look);
      look();
    });
  return { network, hub, ends, whenLinked, edge, address: edge.address };
}

async function openStore(
  test: TestContext,
  { network, address }: Scene & { address: string },
  identity = network.identity('store'),
  hold: Promise<void> = Promise.resolve(),
) {
  const held = new Set<string>();
  const { clock, random } = network;
  const gateways = [address];
  const edge = await serve({
    endpoints: TABLE,
    handlers: {
      hello: async () => ({ text: 'osaka' }),
      echo: async ({ body, requestId }) => {
        const bytes = await readWhole(body);
        held.add(requestId);
        await hold;
        return { bytes };
      },
    },
    tls: identity,
    authorise: (certificate) => network.judge(certificate, ['gateway']),
    ...{ clock, random },
  });
  test.after(() => edge.close());
  const failures: unknown[] = [];
  const dialler = dialOut({
    gateways: () => gateways,
    edge,
    identity: () => identity,
    authorise: (certificate) => network.judge(certificate, ['gateway']),
    onFailure: (_, error) => failures.push(error),
    ...{ clock, random },
  });
  test.after(() => dialler.close());
  return { edge, dialler, failures, gateways, held };
}

describe('dialling out', () => {
  it('B1: a store without a listener is asked over connections that it opened', async (test) => {
    const scene = await begin(test);
    const store = await openStore(test, scene);
    await scene.whenLinked(4);
    assert.equal(store.edge.address, undefined, 'the store listens nowhere');
    const client = scene.hub.client(STORE);
    assert.ok(client !== undefined);
    const bytes = scene.network.random.bytes(MIB + 3);
    const answers = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(async () =>
        readWhole(await client.call(TABLE.echo, { body: { bytes } })),
      ),
    );
    for (const answer of answers) assert.ok(equalBytes(answer, bytes));
    assert.ok(scene.hub.links(STORE) <= 16);
  });

  it('a connection whose other end does not show who it is ends, and is told', async (test) => {
    const rogue = new KuraError('refused', 'signed by another store');
    const scene = await begin(test, async () => {
      throw rogue;
    });
    const store = await openStore(test, scene);
    await until(() => scene.ends.length > 0 && store.failures.length > 0);
    assert.equal(scene.ends[0], rogue);
    assert.equal(scene.hub.client(STORE), undefined);
    assert.match(String(store.failures[0]), /closed|ended/);
  });

  it('a store waits 1, 2, 4 … 60 s between tries, each with half of it by chance', async (test) => {
    const scene = await begin(test);
    const store = await openStore(test, { ...scene, address: '127.0.0.1:1' });
    const { clock } = scene.network;
    const waits: number[] = [];
    while (waits.length < 9) {
      const tries = waits.length + 1;
      await until(() => store.failures.length === tries);
      const waitMs = clock.nextMs({ except: [10_000, 20_000, 30_000] });
      waits.push(waitMs);
      clock.advance(waitMs);
    }
    for (const [at, waitMs] of waits.entries()) {
      const spanMs = Math.min(60_000, 1000 * 2 ** at);
      assert.ok(waitMs >= spanMs / 2 && waitMs <= spanMs, `${waitMs} of ${spanMs}`);
    }
  });

  it('a gateway that stops keeps its stores until what needs them is over', async (test) => {
    const scene = await begin(test);
    await openStore(test, scene);
    await scene.whenLinked(4);
    await scene.edge.drain(0);
    const client = scene.hub.client(STORE);
    assert.ok(client !== undefined);
    assert.deepEqual(await client.call(TABLE.hello, {}), { text: 'osaka' });
    scene.hub.close();
    await until(() => scene.hub.links(STORE) === 0);
  });

  it('who has stopped dialling dials nobody any more, whatever is learnt after that', async (test) => {
    const scene = await begin(test);
    const store = await openStore(test, scene);
    await scene.whenLinked(4);
    store.dialler.close();
    store.dialler.refresh();
    assert.equal(store.dialler.links().size, 0);
    await until(() => scene.hub.links(STORE) === 0);
  });

  it('who stops dialling while a gateway is silent leaves no connection open', async (test) => {
    const scene = await begin(test);
    const asked = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const never = new Promise<never>(() => undefined);
    const edge = await scene.network.serve({
      endpoints: DIAL,
      handlers: {
        dial: ({ signal }) => {
          asked.resolve();
          signal.addEventListener('abort', () => gone.resolve());
          return never;
        },
      },
    });
    const store = await openStore(test, { ...scene, address: edge.address });
    await asked.promise;
    store.dialler.close();
    await gone.promise;
    assert.deepEqual(store.failures, []);
  });

  it('a gateway of another network, or a store that plays one, is not dialled', async (test) => {
    for (const role of ['store', 'device'] as const) {
      const scene = await begin(test);
      const edge = await scene.network.serve({
        endpoints: {},
        handlers: {},
        tls: scene.network.identity(role),
      });
      const store = await openStore(test, { ...scene, address: edge.address });
      await until(() => store.failures.length > 0);
      const [failure] = store.failures;
      assert.ok(failure instanceof KuraError && failure.context.reason === 'wrong role');
    }
  });

  it('a gateway refuses to be dialled by anything but a store', async (test) => {
    const scene = await begin(test);
    const store = await openStore(test, scene, scene.network.identity('device'));
    await until(() => store.failures.length > 0);
    const [failure] = store.failures;
    assert.ok(failure instanceof KuraError && failure.code === 'refused', String(failure));
  });

  it('idle connections are greeted again every 20 s, and one that fails it ends', async (test) => {
    let greetings = 0;
    let isLying = false;
    const scene = await begin(test, async (client) => {
      greetings++;
      if (isLying) throw new KuraError('refused', 'it signs as another store now');
      await client.call(TABLE.hello, {});
    });
    await openStore(test, scene);
    await scene.whenLinked(4);
    const { clock } = scene.network;
    const before = greetings;
    await until(() => clock.armed(20_000) >= 4);
    clock.advance(20_000);
    await until(() => greetings >= before + 4);
    isLying = true;
    await until(() => clock.armed(20_000) >= 4);
    clock.advance(20_000);
    await until(() => scene.hub.links(STORE) === 0);
  });

  it('a store keeps four idle connections, and opens another for each that is taken', async (test) => {
    const scene = await begin(test);
    const { clock } = scene.network;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const store = await openStore(test, scene, undefined, held);
    await scene.whenLinked(4);
    const client = scene.hub.client(STORE);
    assert.ok(client !== undefined);
    await until(() => clock.armed(250) === 4);
    clock.advance(250);
    await until(() => clock.armed(20_000) >= 4);
    clock.advance(20_000);
    await until(() => clock.armed(250) === 4);
    clock.advance(250);
    await until(() => clock.armed(20_000) >= 4);
    assert.equal(scene.hub.links(STORE), 4, 'greetings take none');
    const bytes = new Uint8Array(3);
    const calls = [1, 2, 3, 4, 5, 6].map(async () =>
      readWhole(await client.call(TABLE.echo, { body: { bytes } })),
    );
    await until(() => store.held.size === 4);
    clock.advance(250);
    await until(() => store.held.size === 6);
    release();
    await Promise.all(calls);
  });

  it('a store may hold 16 connections, not one more', async (test) => {
    const scene = await begin(test);
    const identity = scene.network.identity('store');
    const dial =
      'GET /v1/dial HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: kura-store/1\r\n\r\n';
    const sockets = [];
    for (let count = 0; count < 17; count++) {
      const socket = await RawSocket.open(scene.address, identity);
      test.after(() => socket.end());
      socket.write(dial);
      await until(() => socket.text.includes('101 Switching'));
      sockets.push(socket);
    }
    await sockets[16]?.ended;
    assert.equal(sockets.filter(({ tls }) => !tls.destroyed).length, 16);
  });

  it('bytes before the answer to an upgrade are refused', async (test) => {
    const scene = await begin(test);
    const socket = await RawSocket.open(scene.address, scene.network.identity('store'));
    const head = 'GET /v1/dial HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: kura-store/1';
    socket.write(`${head}\r\n\r\nGET /v1/identity`);
    assert.equal((await socket.answer()).code, 'hostile');
    await socket.ended;
  });

  it('connections of a gateway that is gone from the list end', async (test) => {
    const scene = await begin(test);
    const store = await openStore(test, scene);
    await scene.whenLinked(1);
    store.gateways.length = 0;
    store.dialler.refresh();
    await until(() => scene.hub.links(STORE) === 0);
    assert.equal(store.dialler.links().size, 0);
  });
});

/** Resolves as soon as it is so; a turn of the loop between looks. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
