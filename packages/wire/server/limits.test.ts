// Goal: nobody keeps a service busy by being slow, numerous or endless. The clock is moved by hand; nothing here
// waits for time to pass.
import assert from 'node:assert/strict';
import { connect as openTcp, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { KIB, MIB } from '@kura/base';
import { parseAddress } from '../address.ts';
import { TestNetwork } from '../test-network.ts';
import { untilEnded as untilEndedBy } from '../test-patience.ts';
import { RawSocket } from '../test-socket.ts';
import { handlersOver, TABLE } from '../test-table.ts';
import type { Edge, RequestFacts, ServeOptions } from './edge.ts';
import { STANDARD_LIMITS } from './limits.ts';

const { headMs, idleMs, paceMs } = STANDARD_LIMITS;
const RAW = 'Content-Type: application/octet-stream';
const DIGEST = `Content-Digest: sha-256=:${'A'.repeat(43)}=:`;
const GET = 'GET /v1/service HTTP/1.1\r\nHost: x\r\n\r\n';
const put = (sizeBytes: number): string =>
  `PUT /v1/blobs/x HTTP/1.1\r\nHost: x\r\n${RAW}\r\n${DIGEST}\r\nContent-Length: ${sizeBytes}\r\n\r\n`;

interface Scene {
  readonly network: TestNetwork;
  readonly edge: Edge & { address: string };
  readonly blobs: Map<string, Uint8Array>;
  readonly facts: RequestFacts[];
  device(): Promise<RawSocket>;
  stranger(): Promise<RawSocket>;
}

type Given = Partial<ServeOptions<typeof TABLE>>;

async function begin(test: TestContext, given: Given = {}): Promise<Scene> {
  const network = new TestNetwork(test);
  const blobs = new Map<string, Uint8Array>();
  const facts: RequestFacts[] = [];
  const edge = await network.serve({
    endpoints: TABLE,
    handlers: handlersOver(blobs),
    onRequest: (one) => facts.push(one),
    ...given,
  });
  const identity = network.identity('device');
  const open = async (as?: typeof identity): Promise<RawSocket> => {
    const socket = await RawSocket.open(edge.address, as);
    test.after(() => socket.end());
    return socket;
  };
  return { network, edge, blobs, facts, device: () => open(identity), stranger: () => open() };
}

/** How long the connection is borne with. */
async function untilEnded({ network }: Scene, socket: RawSocket, stepMs: number): Promise<number> {
  const mostMs = 10 * idleMs;
  const passedMs = await untilEndedBy(network.clock, socket, { stepMs, mostMs });
  assert.ok(passedMs < mostMs, 'it goes on for ever');
  return passedMs;
}

describe('limits of time', () => {
  it('a connection that says nothing, and one that stops in its head, end after 10 s', async (test) => {
    const scene = await begin(test);
    for (const written of ['', 'GET /v1/serv']) {
      const socket = await scene.device();
      socket.write(written);
      assert.equal(await untilEnded(scene, socket, headMs), headMs);
    }
  });

  it('a head that drips on a used connection ends 10 s after it was seen', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    socket.write(GET);
    assert.equal((await socket.answer()).status, 200);
    socket.write('G');
    assert.equal(await untilEnded(scene, socket, headMs), 2 * headMs);
  });

  it('an idle connection ends after 60 s', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    socket.write(GET);
    assert.equal((await socket.answer()).status, 200);
    assert.equal(await untilEnded(scene, socket, headMs), idleMs);
  });

  it('TLS that is never agreed on ends after 10 s', async (test) => {
    const scene = await begin(test);
    const { host, port } = parseAddress(scene.edge.address);
    const socket: Socket = openTcp({ host, port });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    await scene.network.clock.whenArmed(headMs);
    scene.network.clock.advance(headMs);
    await closed;
  });

  it('a body that moves less than 1 KiB in 20 s ends', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    socket.write(put(MIB)).write(Buffer.alloc(KIB - 1));
    assert.equal(await untilEnded(scene, socket, paceMs), paceMs);
    assert.equal(scene.blobs.size, 0);
    assert.equal(scene.facts[0]?.code, 'unreachable');
  });

  it('a body that moves 1 KiB in 20 s may go on', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    socket.write(put(MIB)).write(Buffer.alloc(KIB));
    assert.equal(await untilEnded(scene, socket, paceMs), 2 * paceMs);
  });

  it('a body that is shorter than it said is no body', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    socket.write(put(100)).write('too short');
    socket.tls.end();
    await socket.ended;
    await untilFacts(scene, 1);
    assert.equal(scene.blobs.size, 0);
    assert.notEqual(scene.facts[0]?.code, undefined);
  });

  it('an endless body behind a refusal is thrown away for a moment, then cut off', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    socket.write(put(2 ** 40));
    assert.equal((await socket.answer()).code, 'too_large');
    const piece = Buffer.alloc(MIB);
    const pour = (error?: Error | null): void => {
      if (error == null) socket.tls.write(piece, pour);
    };
    pour();
    await socket.ended;
    assert.equal(scene.facts.length, 1);
  });

  it('an answer that nobody takes ends', async (test) => {
    const scene = await begin(test);
    scene.blobs.set('x', Buffer.alloc(4 * MIB));
    const socket = await scene.device();
    socket.tls.pause();
    socket.write(GET.replace('service', 'blobs/x'));
    assert.equal(await untilEndedAtServer(scene, paceMs), 'unreachable');
  });

  it('a handler that takes longer than its deadline is answered for, and told', async (test) => {
    let signal: AbortSignal | undefined;
    const scene = await begin(test, {
      handlers: {
        ...handlersOver(new Map()),
        describe: (call) => {
          signal = call.signal;
          return new Promise(() => undefined);
        },
      },
    });
    const socket = await scene.device();
    socket.write(GET);
    await scene.network.clock.whenArmed(30_000);
    scene.network.clock.advance(30_000);
    assert.equal((await socket.answer()).code, 'unreachable');
    assert.equal(signal?.aborted, true);
  });

  it('a caller that hangs up aborts what is done for it', async (test) => {
    let begun: (signal: AbortSignal) => void = () => undefined;
    const called = new Promise<AbortSignal>((resolve) => {
      begun = resolve;
    });
    const scene = await begin(test, {
      handlers: {
        ...handlersOver(new Map()),
        describe: (call) => {
          begun(call.signal);
          return new Promise(() => undefined);
        },
      },
    });
    const socket = await scene.device();
    socket.write(GET);
    const signal = await called;
    const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
    socket.end();
    await aborted;
  });
});

/** Resolves as soon as so many requests have ended. */
async function untilFacts({ facts }: Scene, count: number): Promise<void> {
  while (facts.length < count) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves time until the first request has ended; its code. */
async function untilEndedAtServer(scene: Scene, stepMs: number): Promise<string | undefined> {
  const { clock } = scene.network;
  while (scene.facts.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.armed(stepMs) > 0) clock.advance(stepMs);
  }
  return scene.facts[0]?.code;
}

describe('limits of numbers', () => {
  it('a key has at most so many connections', async (test) => {
    const scene = await begin(test, { limits: { connectionsPerKey: 3 } });
    const sockets = [await scene.device(), await scene.device(), await scene.device()];
    const tooMany = await scene.device();
    await tooMany.ended;
    sockets[0]?.end();
    const other = sockets[1]?.write(GET);
    assert.equal((await other?.answer())?.status, 200);
  });

  it('an address without certificates has at most so many connections', async (test) => {
    const scene = await begin(test, { limits: { connectionsPerAddress: 2 } });
    await scene.stranger();
    await scene.stranger();
    await (await scene.stranger()).ended;
    const member = await scene.device();
    assert.equal((await member.write(GET).answer()).status, 200, 'members are not counted there');
  });

  it('a place is free again when its connection has ended', async (test) => {
    const scene = await begin(test, { limits: { connectionsPerKey: 1 } });
    for (let round = 0; round < 3; round++) {
      const socket = await scene.device();
      assert.equal((await socket.write(GET).answer()).status, 200);
      socket.end();
      await untilAlone(scene);
    }
  });

  it('a stranger has 10 requests in 10 s, then 429 with the time to wait', async (test) => {
    const scene = await begin(test);
    const socket = await scene.stranger();
    for (let count = 0; count < 10; count++) {
      assert.equal((await socket.write(GET).answer()).status, 200);
    }
    const answer = await socket.write(GET).answer();
    assert.deepEqual([answer.status, answer.code], [429, 'busy']);
    assert.match(answer.head, /^Retry-After: 10$/im);
    scene.network.clock.advance(9_999);
    const again = await scene.stranger();
    assert.equal((await again.write(GET).answer()).status, 429, 'also over another connection');
    scene.network.clock.advance(1);
    assert.equal((await again.write(GET).answer()).status, 200);
  });

  it('nonsense counts as a request', async (test) => {
    const scene = await begin(test);
    for (let count = 0; count < 10; count++) {
      const socket = await scene.stranger();
      const answer = await socket.write(GET.replace('service', 'nothing')).answer();
      assert.equal(answer.status, 400);
    }
    assert.equal((await (await scene.stranger()).write(GET).answer()).status, 429);
  });

  it('a member is not limited as strangers are', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    for (let count = 0; count < 30; count++) {
      assert.equal((await socket.write(GET).answer()).status, 200);
    }
  });
});

/** Resolves once the edge has noticed that all connections are gone: draining has nothing to wait for. */
async function untilAlone({ edge }: Scene): Promise<void> {
  const callers: unknown[] = [];
  do {
    callers.length = 0;
    edge.end((caller) => {
      callers.push(caller);
      return false;
    });
    await new Promise((resolve) => setImmediate(resolve));
  } while (callers.length > 0);
}

describe('what an edge can be told', () => {
  it('an address or caller that is not admitted is closed without an answer', async (test) => {
    const byAddress = await begin(test, { admitsAddress: () => false });
    await assert.rejects(byAddress.device());
    const byCaller = await begin(test, {
      admits: (caller) => caller.kind === 'certified' && caller.name.role === 'gateway',
    });
    const socket = await byCaller.device();
    await socket.write(GET).ended;
    assert.equal(socket.text, '');
  });

  it('ends the connections of a caller at once', async (test) => {
    const scene = await begin(test);
    const socket = await scene.device();
    assert.equal((await socket.write(GET).answer()).status, 200);
    scene.edge.end((caller) => caller.kind === 'certified');
    await socket.ended;
  });

  it('drains: what is under way is answered, what is idle ends, nothing new begins', async (test) => {
    let finish: () => void = () => undefined;
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const scene = await begin(test, {
      handlers: {
        ...handlersOver(new Map()),
        describe: async () => {
          begun();
          await new Promise<void>((resolve) => {
            finish = resolve;
          });
          return { text: 'done' };
        },
      },
    });
    const idle = await scene.device();
    const busy = (await scene.device()).write(GET);
    await hasBegun;
    const drained = scene.edge.drain(30_000);
    await idle.ended;
    await assert.rejects(scene.device());
    finish();
    assert.match((await busy.answer()).body, /done/);
    await drained;
  });

  it('ends what is still under way when the grace is over', async (test) => {
    const scene = await begin(test, {
      handlers: { ...handlersOver(new Map()), describe: () => new Promise(() => undefined) },
    });
    const busy = (await scene.device()).write(GET);
    await scene.network.clock.whenArmed(30_000);
    const drained = scene.edge.drain(5_000);
    scene.network.clock.advance(5_000);
    await drained;
    await busy.ended;
  });
});
