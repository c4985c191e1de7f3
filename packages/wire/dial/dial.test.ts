import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { equalBytes, KuraError, MIB, type StoreId } from '@kura/base';
import { defineEndpoints, json, raw, UNDIGESTED } from '@kura/contract/wire/endpoint.ts';
import { GATEWAY_ENDPOINTS } from '@kura/contract/wire/endpoints/gateway.ts';
import { record, text } from '@kura/contract/wire/shape.ts';
import { readWhole } from '../body.ts';
import type { EndpointClient } from '../client/client.ts';
import { serve } from '../server/serve.ts';
import { STORE, TestNetwork } from '../test-network.ts';
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
  return { network, hub, ends, whenLinked, address: edge.address };
}

async function openStore(test: TestContext, { network, address }: Scene & { address: string }) {
  const { clock, random } = network;
  const identity = network.identity('store');
  const edge = await serve({
    endpoints: TABLE,
    handlers: {
      hello: async () => ({ text: 'osaka' }),
      echo: async ({ body }) => ({ bytes: await readWhole(body) }),
    },
    tls: identity,
    authorise: (certificate) => network.judge(certificate, ['gateway']),
    ...{ clock, random },
  });
  test.after(() => edge.close());
  const failures: unknown[] = [];
  const dialler = dialOut({
    gateways: () => [address],
    edge,
    identity: () => identity,
    authorise: (certificate) => network.judge(certificate, ['gateway']),
    onFailure: (_, error) => failures.push(error),
    ...{ clock, random },
  });
  test.after(() => dialler.close());
  return { edge, dialler, failures };
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

  it('a connection whose other end does not show who it is ends at once', async (test) => {
    let asked: (() => void) | undefined;
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const rogue = new KuraError('refused', 'signed by another store');
    const scene = await begin(test, async () => {
      asked?.();
      throw rogue;
    });
    await openStore(test, scene);
    await wasAsked;
    assert.equal(scene.hub.client(STORE), undefined);
  });
});
