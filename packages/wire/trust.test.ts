// Goal: each end shows who it is, and whoever is not who they should be is told which of the reasons holds. A
// client says nothing before it knows whom it speaks to.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { DAY_MS, equalBytes, KuraError } from '@kura/base';
import { keyHashOf, serialOf } from '@kura/certificates';
import { parseAddress } from './address.ts';
import { readWhole } from './body.ts';
import type { ClientOptions } from './client/open-client.ts';
import type { Caller } from './server/caller.ts';
import { TestNetwork } from './test-network.ts';
import { RawSocket } from './test-socket.ts';
import { handlersOver, TABLE } from './test-table.ts';
import type { TlsIdentity } from './tls.ts';

const GREETING = { params: { name: 'a' }, query: { times: 1 } } as const;

const refusedFor =
  (reason: string) =>
  (error: unknown): boolean =>
    error instanceof KuraError && error.code === 'refused' && error.context.reason === reason;

async function begin(test: TestContext, tls?: (network: TestNetwork) => TlsIdentity) {
  const network = new TestNetwork(test);
  const callers: Caller[] = [];
  const edge = await network.serve({
    endpoints: TABLE,
    handlers: handlersOver(new Map([['x', new Uint8Array([1, 2, 3])]])),
    onRequest: ({ caller }) => callers.push(caller),
    ...(tls === undefined ? {} : { tls: tls(network) }),
  });
  const client = (given: Partial<ClientOptions>) => network.client(edge.address, given);
  return { network, edge, callers, client };
}

/** Who shows up → the reason why a call of a device is refused. */
const REFUSED: Readonly<Record<string, readonly [string, (network: TestNetwork) => TlsIdentity]>> =
  {
    'a self-made certificate': ['self-made', (network) => network.selfMade()],
    'a certificate of another network': [
      'foreign',
      (network) => network.identity('device', network.foundAuthority()),
    ],
    'a certificate of another role': ['wrong role', (network) => network.identity('store')],
    'a certificate that has ended': [
      'expired',
      (network) => {
        const identity = network.identity('device');
        network.clock.advance(91 * DAY_MS);
        return identity;
      },
    ],
    'a certificate that has not begun': [
      'not yet valid',
      (network) => {
        network.clock.advance(2 * DAY_MS);
        const identity = network.identity('device');
        network.clock.set(network.clock.nowMs() - 2 * DAY_MS);
        return identity;
      },
    ],
    'a certificate that was revoked': [
      'revoked',
      (network) => {
        const identity = network.identity('device');
        network.revoked.add(serialOf(new X509Certificate(identity.certificatePem)));
        return identity;
      },
    ],
  };

describe('C3: who calls', () => {
  for (const [who, [reason, identityOf]] of Object.entries(REFUSED)) {
    it(`${who} is refused as ${reason}`, async (test) => {
      const { network, edge } = await begin(test);
      const identity = identityOf(network);
      const client = network.client(edge.address, { identity, trust: () => undefined });
      await assert.rejects(client.call(TABLE.greet, GREETING), refusedFor(reason));
    });
  }

  it('nobody is refused as none', async (test) => {
    const { client } = await begin(test);
    await assert.rejects(client({}).call(TABLE.greet, GREETING), refusedFor('none'));
    await assert.rejects(
      client({}).call(TABLE.fetch, { params: { name: 'x' } }),
      refusedFor('none'),
    );
    assert.deepEqual(await client({}).call(TABLE.describe, {}), { text: 'a service' });
  });

  it('an endpoint for keys takes any certificate, and learns its key', async (test) => {
    const { client, network, callers } = await begin(test);
    const identity = network.selfMade();
    const answer = await client({ identity }).call(TABLE.fetch, { params: { name: 'x' } });
    assert.deepEqual([...(await readWhole(answer))], [1, 2, 3]);
    const [caller] = callers;
    assert.ok(caller?.kind === 'self-made');
    const keyHash = keyHashOf(new X509Certificate(identity.certificatePem));
    assert.ok(equalBytes(caller.keyHash, keyHash));
  });

  it('a certificate that is revoked while its connection lasts stops within 10 s', async (test) => {
    const { client, network } = await begin(test);
    const identity = network.identity('device');
    const asked = client({ identity });
    await asked.call(TABLE.greet, GREETING);
    network.revoked.add(serialOf(new X509Certificate(identity.certificatePem)));
    network.clock.advance(10_000);
    await assert.rejects(asked.call(TABLE.greet, GREETING), refusedFor('revoked'));
  });

  it('a resumed TLS session still shows the certificate of its caller', async (test) => {
    const { network, edge, callers } = await begin(test);
    const identity = network.identity('device');
    const get = 'GET /v1/service HTTP/1.1\r\nHost: x\r\n\r\n';
    const first = await RawSocket.open(edge.address, identity);
    const session = new Promise<Buffer>((resolve) => first.tls.once('session', resolve));
    await first.write(get).answer();
    first.end();
    const second = await RawSocket.open(edge.address, identity, await session);
    await second.write(get).answer();
    assert.equal(second.tls.isSessionReused(), false);
    second.end();
    assert.deepEqual(
      callers.map(({ kind }) => kind),
      ['certified', 'certified'],
    );
  });

  it('TLS 1.2 is not spoken', async (test) => {
    const { edge } = await begin(test);
    const { host, port } = parseAddress(edge.address);
    const ended = new Promise<Error>((resolve) => {
      connect({ host, port, maxVersion: 'TLSv1.2', rejectUnauthorized: false })
        .once('error', resolve)
        .once('secureConnect', () => resolve(new Error('it was spoken')));
    });
    assert.match((await ended).message, /protocol version|ECONNRESET|disconnected/);
  });
});

describe('C3: who answers', () => {
  const SERVERS: Readonly<
    Record<string, readonly [string, (network: TestNetwork) => TlsIdentity]>
  > = {
    'a self-made service': ['self-made', (network) => network.selfMade()],
    'a service of another network': [
      'foreign',
      (network) => network.identity('gateway', network.foundAuthority()),
    ],
    'a store that plays gateway': ['wrong role', (network) => network.identity('store')],
    'a device that plays gateway': ['wrong role', (network) => network.identity('device')],
  };
  for (const [what, [reason, identityOf]] of Object.entries(SERVERS)) {
    it(`${what} is refused before anything is said to it`, async (test) => {
      const { client, network, callers } = await begin(test, identityOf);
      const asked = client({ identity: network.identity('device') });
      await assert.rejects(asked.call(TABLE.greet, GREETING), refusedFor(reason));
      assert.equal(callers.length, 0, 'no request came');
    });
  }

  it('one that shows nothing but a handshake gets no byte of a request', async (test) => {
    const network = new TestNetwork(test);
    const { address, heard } = await openListening(test, network.selfMade());
    const client = network.client(address, { identity: network.identity('device') });
    await assert.rejects(client.call(TABLE.greet, GREETING), refusedFor('self-made'));
    assert.equal(heard(), '');
  });

  // There the certificate of a device would travel in the clear.
  it('one that is right, but speaks TLS 1.2 only, is not spoken to', async (test) => {
    const network = new TestNetwork(test);
    const right = network.identity('gateway');
    const { address, heard } = await openListening(test, right, 'TLSv1.2');
    for (const identity of [undefined, network.identity('device')]) {
      const asked = network.client(address, { identity }).call(TABLE.describe, { tries: 1 });
      await assert.rejects(asked, /protocol version/);
    }
    assert.equal(heard(), '');
  });
});

/** A service that only listens; `heard` is all that came after TLS. */
async function openListening(
  test: TestContext,
  { certificatePem: cert, keyPem: key }: TlsIdentity,
  maxVersion: SecureVersion = 'TLSv1.3',
): Promise<{ readonly address: string; readonly heard: () => string }> {
  let heard = '';
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    { cert, key, maxVersion, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (piece: Buffer) => {
        heard += piece.toString('latin1');
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const bound = server.address();
  assert.ok(typeof bound === 'object' && bound !== null);
  return { address: `127.0.0.1:${bound.port}`, heard: () => heard };
}
