// Goal: whatever a service answers, a caller gets the answer, or one error that says what kind of trouble it is;
// calls are repeated when that is safe, and only then.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer as createTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { equalBytes, KIB, KuraError, MIB } from '@kura/base';
import { TokenBucket } from '../bandwidth.ts';
import { readWhole } from '../body.ts';
import { listen } from '../test-listen.ts';
import { TestNetwork } from '../test-network.ts';
import { answerText, jsonAnswer, openRogue } from '../test-rogue.ts';
import { handlersOver, TABLE } from '../test-table.ts';
import { ANSWERS, ERROR } from './test-answers.ts';

const hasCode =
  (code: string, pattern = /./) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === code && pattern.test(error.message);

const tooOften = (retryMs: number): string =>
  jsonAnswer(JSON.stringify({ code: 'busy', message: 'no', context: { retryMs } }), 429);

type Answer = Parameters<typeof openRogue>[2];

/** How answers are read: whoever calls sees no difference. */
const WAYS = [
  { way: 'HTTP of Node', isDirect: false },
  { way: 'a direct line', isDirect: true },
] as const;

async function beginRogue(test: TestContext, answer: Answer, isDirect = false) {
  const network = new TestNetwork(test);
  const rogue = await openRogue(test, network, answer);
  return { network, rogue, client: network.client(rogue.address, { isDirect }) };
}

interface Begin {
  readonly blobs?: Map<string, Uint8Array>;
  readonly isDirect?: boolean;
}

async function begin(test: TestContext, { blobs = new Map(), isDirect = false }: Begin = {}) {
  const network = new TestNetwork(test);
  const edge = await network.serve({ endpoints: TABLE, handlers: handlersOver(blobs) });
  const client = network.client(edge.address, { identity: network.identity('device'), isDirect });
  return { network, edge, client, blobs };
}

for (const { way, isDirect } of WAYS)
  describe(`answers over ${way}`, () => {
    for (const [what, [written, code]] of Object.entries(ANSWERS)) {
      it(`${what} is ${code}`, async (test) => {
        const { client } = await beginRogue(test, () => written, isDirect);
        await assert.rejects(client.call(TABLE.describe, {}), hasCode(code));
      });
    }

    it('fields that are newer than this client are ignored', async (test) => {
      const { client } = await beginRogue(
        test,
        () => jsonAnswer('{"text":"a","newer":[1]}'),
        isDirect,
      );
      assert.deepEqual(await client.call(TABLE.describe, {}), { text: 'a' });
    });

    it('words of a service cannot steer a terminal', async (test) => {
      const written = jsonAnswer(
        ERROR('refused', 'a\\u001b[2Jb\\u202ec').replaceAll('\\\\u', '\\u'),
        403,
      );
      const { client } = await beginRogue(test, () => written, isDirect);
      await assert.rejects(
        client.call(TABLE.describe, {}),
        (error: unknown) => error instanceof KuraError && error.message === 'a\ufffd[2Jb\ufffdc',
      );
    });

    it('bytes that are not those of the digest are corrupt', async (test) => {
      const headers = [
        'Content-Type: application/octet-stream',
        'Content-Length: 3',
        `Content-Digest: sha-256=:${'A'.repeat(43)}=:`,
      ];
      const { client } = await beginRogue(test, () => answerText(200, headers, 'abc'), isDirect);
      const body = await client.call(TABLE.fetch, { params: { name: 'x' } });
      await assert.rejects(readWhole(body), hasCode('corrupt'));
    });

    it('a body that stops half-way is unreachable, whether it hangs up or is silent', async (test) => {
      const head = answerText(200, ['Content-Type: application/octet-stream', 'Content-Length: 9']);
      const { client, network } = await beginRogue(
        test,
        (_, socket, count) => {
          if (count === 1) setImmediate(() => socket.end());
          return `${head}abc`;
        },
        isDirect,
      );
      const cut = await client.call(TABLE.fetch, { params: { name: 'x' } });
      await assert.rejects(readWhole(cut), hasCode('unreachable'));
      const silent = await client.call(TABLE.fetch, { params: { name: 'x' } });
      const read = readWhole(silent);
      await network.clock.whenArmed(20_000);
      network.clock.advance(20_000);
      await assert.rejects(read, hasCode('unreachable', /stopped in the middle/));
    });
  });

/** Of connecting, pace and answers: where nothing is slow, they must not ring. */
const DEADLINES = [10_000, 20_000, 30_000];

/** Moves time on whenever the client only waits. */
async function settle<T>(network: TestNetwork, call: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  call.then(over, over);
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    const waitMs = network.clock.nextMs({ except: DEADLINES });
    if (waitMs < Number.POSITIVE_INFINITY) network.clock.advance(waitMs);
  }
  return await call;
}

describe('trying again', () => {
  for (const { way, isDirect } of WAYS)
    it(`over ${way}, an idempotent call is made six times in all, over half a minute`, async (test) => {
      const { client, network, rogue } = await beginRogue(
        test,
        () => jsonAnswer(ERROR('unreachable'), 502),
        isDirect,
      );
      const from = network.clock.elapsedMs();
      await assert.rejects(
        settle(network, client.call(TABLE.describe, {})),
        hasCode('unreachable'),
      );
      assert.equal(rogue.asked.length, 6);
      const passedMs = network.clock.elapsedMs() - from;
      assert.ok(passedMs >= 15_500 && passedMs <= 31_000, `${passedMs} ms`);
    });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, what comes back in time is an answer`, async (test) => {
      const { client, network } = await beginRogue(
        test,
        (_, socket, count) => {
          if (count > 2) return jsonAnswer('{"text":"a"}');
          socket.destroy();
          return undefined;
        },
        isDirect,
      );
      assert.deepEqual(await settle(network, client.call(TABLE.describe, {})), { text: 'a' });
    });

  it('a call that is not idempotent is made once if it may have arrived', async (test) => {
    const { client, network, rogue } = await beginRogue(test, (_, socket) => {
      socket.destroy();
      return undefined;
    });
    const call = client.call(TABLE.forget, { body: { name: 'x' } });
    await assert.rejects(settle(network, call), hasCode('unreachable'));
    assert.equal(rogue.asked.length, 1);
  });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, what is refused is not asked again`, async (test) => {
      const { client, rogue } = await beginRogue(
        test,
        () => jsonAnswer(ERROR('refused'), 403),
        isDirect,
      );
      await assert.rejects(client.call(TABLE.describe, {}), hasCode('refused'));
      assert.equal(rogue.asked.length, 1);
    });

  it('a body from a stream is sent once', async (test) => {
    const { client, network, rogue } = await beginRogue(test, (_, socket) => {
      socket.destroy();
      return undefined;
    });
    async function* stream() {
      yield new Uint8Array(3);
    }
    const body = { sizeBytes: 3, stream: stream(), sha256: new Uint8Array(32) };
    const call = client.call(TABLE.keep, { params: { name: 'x' }, body });
    await assert.rejects(settle(network, call), hasCode('unreachable'));
    assert.equal(rogue.asked.length, 1);
  });

  it('who asked too often comes again when it is told to, whatever was asked', async (test) => {
    const { client, rogue, network } = await beginRogue(test, (_, __, count) =>
      count === 1 ? tooOften(7_000) : answerText(204, []),
    );
    assert.ok(!TABLE.forget.isIdempotent);
    await settle(network, client.call(TABLE.forget, { body: { name: 'x' } }));
    assert.equal(rogue.asked.length, 2);
  });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, a service that would be waited for too long is not waited for`, async (test) => {
      const { client, rogue } = await beginRogue(test, () => tooOften(3_600_000), isDirect);
      await assert.rejects(client.call(TABLE.describe, {}), hasCode('busy'));
      assert.equal(rogue.asked.length, 1);
    });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, a connection that was closed while idle costs no wait`, async (test) => {
      const { client, rogue } = await beginRogue(
        test,
        (_, socket, count) => {
          if (count === 2) {
            socket.destroy();
            return undefined;
          }
          return jsonAnswer('{"text":"a"}');
        },
        isDirect,
      );
      await client.call(TABLE.describe, {});
      assert.deepEqual(await client.call(TABLE.describe, { tries: 1 }), { text: 'a' });
      assert.equal(rogue.asked.length, 3);
    });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, the next address is asked at once if one does not answer`, async (test) => {
      const { network, edge } = await begin(test, { isDirect });
      const dead = await freePort();
      const client = network.client(dead, { isDirect, addresses: [dead, edge.address] });
      assert.deepEqual(await client.call(TABLE.describe, { tries: 1 }), { text: 'a service' });
    });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, a service that does not begin to answer is unreachable after its deadline`, async (test) => {
      const { client, network } = await beginRogue(test, () => undefined, isDirect);
      const call = client.call(TABLE.describe, { tries: 1 });
      await network.clock.whenArmed(30_000);
      network.clock.advance(30_000);
      await assert.rejects(call, hasCode('unreachable', /no answer to describe in 30 s/));
    });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, a call ends when its caller says so`, async (test) => {
      let arrived: () => void = () => undefined;
      const asked = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const { client } = await beginRogue(
        test,
        () => {
          arrived();
          return undefined;
        },
        isDirect,
      );
      const controller = new AbortController();
      const call = client.call(TABLE.describe, { signal: controller.signal });
      await asked;
      controller.abort();
      await assert.rejects(call, hasCode('interrupted'));
    });
});

/** An address of this machine where nothing listens. */
async function freePort(): Promise<string> {
  const server = createHttp();
  const address = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return address;
}

describe('bodies', () => {
  it('a body from a stream arrives, and not if it is longer or shorter than said', async (test) => {
    const { client, blobs, network } = await begin(test);
    const bytes = network.random.bytes(300 * KIB + 1);
    const sha256 = new Uint8Array(createHash('sha256').update(bytes).digest());
    const send = (sizeBytes: number) => {
      async function* stream() {
        for (let at = 0; at < bytes.length; at += 100 * KIB)
          yield bytes.subarray(at, at + 100 * KIB);
      }
      const body = { sizeBytes, stream: stream(), sha256 };
      return client.call(TABLE.keep, { params: { name: `s${sizeBytes}` }, body });
    };
    await send(bytes.length);
    assert.ok(equalBytes(blobs.get(`s${bytes.length}`) ?? new Uint8Array(), bytes));
    await assert.rejects(send(bytes.length + 1), hasCode('corrupt'));
    await assert.rejects(send(bytes.length - 1), KuraError);
    assert.equal(blobs.size, 1);
  });

  it('a body that waits for 100 Continue is not sent if the answer is there already', async (test) => {
    const { client, blobs } = await begin(test);
    const body = { bytes: new Uint8Array(2 * MIB).fill(7) };
    const call = () => client.call(TABLE.keepAwaited, { params: { name: 'x' }, body });
    assert.deepEqual(await call(), { isKept: true });
    assert.equal(blobs.get('x')?.length, 2 * MIB);
    assert.deepEqual(await call(), { isKept: false });
    assert.deepEqual(await call(), { isKept: false });
  });

  it('a refusal is heard while a large body is still on its way', async (test) => {
    const { network, edge } = await begin(test);
    const client = network.client(edge.address, { identity: network.identity('store') });
    const call = client.call(TABLE.keep, {
      params: { name: 'x' },
      body: { bytes: new Uint8Array(4 * MIB) },
    });
    await assert.rejects(call, hasCode('refused'));
  });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, a read in small pieces gets every byte in order`, async (test) => {
      const { client, network, blobs } = await begin(test, { isDirect });
      const bytes = network.random.bytes(200_001);
      blobs.set('x', bytes);
      const body = await client.call(TABLE.fetch, { params: { name: 'x' } });
      const got = new Uint8Array(body.sizeBytes);
      let at = 0;
      while (at < got.length) at += await body.readInto(got.subarray(at, at + 777));
      assert.equal(await body.readInto(new Uint8Array(1)), 0);
      assert.ok(equalBytes(got, bytes));
    });

  for (const { way, isDirect } of WAYS)
    it(`over ${way}, a limit of bandwidth lets a second’s worth through at once and then waits`, async (test) => {
      const { network, edge, blobs } = await begin(test, { isDirect });
      const { clock } = network;
      blobs.set('x', new Uint8Array(300 * KIB));
      const bandwidth = {
        send: new TokenBucket(0, clock),
        receive: new TokenBucket(100 * KIB, clock),
      };
      const identity = network.identity('device');
      const client = network.client(edge.address, { identity, bandwidth, isDirect });
      const body = await client.call(TABLE.fetch, { params: { name: 'x' } });
      const from = clock.elapsedMs();
      await settle(network, readWhole(body));
      const passedMs = clock.elapsedMs() - from;
      assert.ok(passedMs >= 2000 && passedMs < 2100, `${passedMs} ms for 300 KiB`);
    });

  it('a limit of bandwidth holds for what is sent as well, over all calls together', async (test) => {
    const { network, edge } = await begin(test);
    const { clock } = network;
    const bandwidth = {
      send: new TokenBucket(100 * KIB, clock),
      receive: new TokenBucket(0, clock),
    };
    const identity = network.identity('device');
    const client = network.client(edge.address, { identity, bandwidth });
    const from = clock.elapsedMs();
    const kept = ['a', 'b'].map((name) =>
      client.call(TABLE.keep, { params: { name }, body: { bytes: new Uint8Array(150 * KIB) } }),
    );
    await settle(network, Promise.all(kept));
    const passedMs = clock.elapsedMs() - from;
    assert.ok(passedMs >= 2000 && passedMs < 2200, `${passedMs} ms for 300 KiB`);
  });
});

describe('closing', () => {
  for (const { way, isDirect } of WAYS)
    it(`over ${way}, a call whose connection is still being opened fails at once`, async (test) => {
      const network = new TestNetwork(test);
      const silent = createTcp();
      const met = new Promise<Duplex>((resolve) => silent.once('connection', resolve));
      test.after(async () => {
        silent.close();
        (await met).destroy();
      });
      const client = network.client(await listen(silent), { isDirect });
      const call = client.call(TABLE.describe, {});
      await met;
      client.close();
      await assert.rejects(call, hasCode('interrupted'));
    });
});
