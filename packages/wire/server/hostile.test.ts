// Goal: whatever a stranger or a member's device writes, it gets one refusal with its reason or a closed
// connection; no handler runs, and the service goes on serving others.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { KIB, MIB } from '@kura/base';
import { TestNetwork } from '../test-network.ts';
import { RawSocket } from '../test-socket.ts';
import { handlersOver, TABLE } from '../test-table.ts';
import type { RequestFacts } from './edge.ts';
import type { EdgeLimits } from './limits.ts';

interface Scene {
  readonly network: TestNetwork;
  readonly address: string;
  readonly blobs: Map<string, Uint8Array>;
  readonly facts: RequestFacts[];
  /** Of a device of the network. */
  device(): Promise<RawSocket>;
}

async function begin(test: TestContext, limits: Partial<EdgeLimits> = {}): Promise<Scene> {
  const network = new TestNetwork(test);
  const blobs = new Map<string, Uint8Array>();
  const facts: RequestFacts[] = [];
  const edge = await network.serve({
    endpoints: TABLE,
    handlers: handlersOver(blobs),
    onRequest: (one) => facts.push(one),
    limits,
  });
  const identity = network.identity('device');
  const device = async (): Promise<RawSocket> => {
    const socket = await RawSocket.open(edge.address, identity);
    test.after(() => socket.end());
    return socket;
  };
  return { network, address: edge.address, blobs, facts, device };
}

const head = (line: string, ...headers: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');
const get = (path: string, ...headers: readonly string[]): string =>
  head(`GET ${path}`, ...headers);
const RAW = 'Content-Type: application/octet-stream';
const JSON_HEAD = 'Content-Type: application/json';
const DIGEST = `Content-Digest: sha-256=:${'A'.repeat(43)}=:`;
const json = (text: string, ...headers: readonly string[]): string =>
  head(
    'POST /v1/blobs/forget',
    JSON_HEAD,
    `Content-Length: ${Buffer.byteLength(text)}`,
    ...headers,
  ) + text;

/** What is written → status and code of the answer. */
const REFUSED: Readonly<Record<string, readonly [string, number, string]>> = {
  'a path that climbs': [get('/v1/blobs/../blobs/x'), 400, 'hostile'],
  'a path with a dot as a segment': [get('/v1/./service'), 400, 'hostile'],
  'a path with three dots': [get('/v1/blobs/...'), 400, 'hostile'],
  'an escaped slash': [get('/v1/blobs/a%2fb'), 400, 'hostile'],
  'an escaped letter': [get('/v1/%73ervice'), 400, 'hostile'],
  'a doubled slash': [get('/v1//service'), 400, 'hostile'],
  'a slash at the end': [get('/v1/service/'), 400, 'hostile'],
  'a backslash': [get('/v1\\service'), 400, 'hostile'],
  'a path in capitals': [get('/V1/SERVICE'), 400, 'hostile'],
  'a whole URL as path': [get('http://x/v1/service'), 400, 'hostile'],
  'an asterisk as path': [head('OPTIONS *'), 400, 'hostile'],
  'a semicolon': [get('/v1/service;a=b'), 400, 'hostile'],
  'a byte that is no ASCII': [get('/v1/gr\u00fc\u00dfe'), 400, 'hostile'],
  'a parameter longer than its shape': [
    get(`/v1/greetings/${'a'.repeat(21)}?times=1`),
    400,
    'hostile',
  ],
  'a query field that is not known': [get('/v1/greetings/a?times=1&more=1'), 400, 'hostile'],
  'a query field twice': [get('/v1/greetings/a?times=1&times=2'), 400, 'hostile'],
  'a query field that is missing': [get('/v1/greetings/a'), 400, 'hostile'],
  'a number with a sign': [get('/v1/greetings/a?times=+1'), 400, 'hostile'],
  'a number with a leading zero': [get('/v1/greetings/a?times=01'), 400, 'hostile'],
  'a number in another base': [get('/v1/greetings/a?times=0x1'), 400, 'hostile'],
  'a number as power of ten': [get('/v1/greetings/a?times=1e0'), 400, 'hostile'],
  'a number out of its bounds': [get('/v1/greetings/a?times=10'), 400, 'hostile'],
  'a field of the prototype as query': [get('/v1/service?constructor=a'), 400, 'hostile'],
  'a question mark twice': [get('/v1/greetings/a?times=1?times=1'), 400, 'hostile'],
  'another method': [head('DELETE /v1/service'), 405, 'hostile'],
  'a method that nobody has': [head('BREW /v1/service'), 400, 'hostile'],
  'HTTP/1.0': ['GET /v1/service HTTP/1.0\r\nHost: x\r\n\r\n', 400, 'hostile'],
  'another version of the protocol': [get('/v1/service', 'Kura-Protocol: 2'), 501, 'unsupported'],
  'an upgrade where there is none': [
    get('/v1/service', 'Connection: Upgrade', 'Upgrade: test/1'),
    400,
    'hostile',
  ],
  'a dial without an upgrade': [get('/v1/dial'), 403, 'refused'],
  'a header twice': [get('/v1/service', 'X-A: 1', 'x-a: 2'), 400, 'hostile'],
  'the authorization twice': [
    get('/v1/service', 'Authorization: Kura a', 'Authorization: Kura b'),
    400,
    'hostile',
  ],
  'an authorization without end': [
    get('/v1/service', `Authorization: Kura ${'a'.repeat(2000)}`),
    400,
    'hostile',
  ],
  'too many headers': [
    get('/v1/service', ...Array.from({ length: 40 }, (_, at) => `X-${at}: 1`)),
    400,
    'hostile',
  ],
  'a head that is too large': [
    get('/v1/service', `X-A: ${'a'.repeat(17 * KIB)}`),
    413,
    'too_large',
  ],
  'a header folded over two lines': [get('/v1/service', 'X-A: 1\r\n 2'), 400, 'hostile'],
  'a header without a colon': [get('/v1/service', 'nonsense'), 400, 'hostile'],
  'a space before the colon': [get('/v1/service', 'Content-Length : 0'), 400, 'hostile'],
  'lines that end without a return': ['GET /v1/service HTTP/1.1\nHost: x\n\n', 400, 'hostile'],
  'no host': ['GET /v1/service HTTP/1.1\r\n\r\n', 400, 'hostile'],
  'something that is not HTTP': ['hello\r\n\r\n', 400, 'hostile'],
  'a body of a GET': [`${get('/v1/service', 'Content-Length: 3')}abc`, 400, 'hostile'],
  'a body in parts': [
    `${head('PUT /v1/blobs/x', RAW, DIGEST, 'Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`,
    400,
    'hostile',
  ],
  'a body in parts of a GET': [
    `${get('/v1/service', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
    'hostile',
  ],
  'a length and parts at once': [
    `${head('PUT /v1/blobs/x', RAW, 'Content-Length: 3', 'Transfer-Encoding: chunked')}0\r\n\r\n`,
    400,
    'hostile',
  ],
  'two lengths': [
    `${head('PUT /v1/blobs/x', RAW, DIGEST, 'Content-Length: 3', 'Content-Length: 4')}abcd`,
    400,
    'hostile',
  ],
  'a length with a sign': [
    `${head('PUT /v1/blobs/x', RAW, DIGEST, 'Content-Length: +3')}abc`,
    400,
    'hostile',
  ],
  'a negative length': [head('PUT /v1/blobs/x', RAW, DIGEST, 'Content-Length: -3'), 400, 'hostile'],
  'a length beyond all numbers': [
    head('PUT /v1/blobs/x', RAW, DIGEST, 'Content-Length: 99999999999999999999'),
    400,
    'hostile',
  ],
  'no length': [head('PUT /v1/blobs/x', RAW, DIGEST), 400, 'hostile'],
  'a body larger than its endpoint takes': [
    head('PUT /v1/blobs/x', RAW, DIGEST, `Content-Length: ${4 * MIB + 1}`),
    413,
    'too_large',
  ],
  'a body of another type': [
    `${head('PUT /v1/blobs/x', 'Content-Type: text/html', DIGEST, 'Content-Length: 1')}a`,
    400,
    'hostile',
  ],
  'a body without its digest': [
    `${head('PUT /v1/blobs/x', RAW, 'Content-Length: 1')}a`,
    400,
    'hostile',
  ],
  'a digest of another kind': [
    `${head('PUT /v1/blobs/x', RAW, 'Content-Digest: md5=:AAAA:', 'Content-Length: 1')}a`,
    400,
    'hostile',
  ],
  'bytes that are not those of the digest': [
    `${head('PUT /v1/blobs/x', RAW, DIGEST, 'Content-Length: 3')}abc`,
    422,
    'corrupt',
  ],
  'an expectation that nobody knows': [
    `${head('PUT /v1/blobs/x', RAW, DIGEST, 'Content-Length: 1', 'Expect: miracles')}a`,
    400,
    'hostile',
  ],
  'JSON that is none': [json('{"name":'), 400, 'hostile'],
  'JSON that is no UTF-8': [
    `${head('POST /v1/blobs/forget', JSON_HEAD, 'Content-Length: 12')}{"name":"\u00ff"}`,
    400,
    'hostile',
  ],
  'a field too many': [json('{"name":"a","isAdmin":true}'), 400, 'hostile'],
  'a field of the prototype': [json('{"name":"a","__proto__":{"x":1}}'), 400, 'hostile'],
  'JSON nested a thousand times': [json('['.repeat(1000)), 400, 'hostile'],
  'a text that is too long': [json(`{"name":"${'a'.repeat(21)}"}`), 400, 'hostile'],
  'half a character': [json('{"name":"\\ud800"}'), 400, 'hostile'],
  'JSON larger than its endpoint takes': [json(`"${'a'.repeat(2000)}"`), 413, 'too_large'],
};

describe('hostile requests', () => {
  for (const [what, [written, status, code]] of Object.entries(REFUSED)) {
    it(`refuses ${what}`, async (test) => {
      const { device, blobs, facts } = await begin(test);
      const socket = await device();
      socket.write(Buffer.from(written, 'latin1'));
      const answer = await socket.answer();
      assert.deepEqual([answer.status, answer.code], [status, code], answer.body);
      assert.equal(blobs.size, 0, 'nothing was kept');
      assert.equal(facts.filter((one) => one.status < 400).length, 0);
      assert.doesNotMatch(
        answer.body,
        /\.ts|node_modules|at [A-Z]/,
        'no place in our code is told',
      );
    });
  }

  it('closes the connection after what is hostile', async (test) => {
    const { device } = await begin(test);
    const socket = await device();
    socket.write(get('/v1/blobs/a%2fb'));
    assert.match((await socket.answer()).head, /^Connection: close$/im);
    await socket.ended;
  });

  it('serves no second request before the first is answered', async (test) => {
    const { device } = await begin(test);
    const socket = await device();
    socket.write(get('/v1/service').repeat(50));
    await socket.ended;
    assert.doesNotMatch(socket.text, /200 OK[\s\S]*200 OK/);
  });

  it('answers a request that comes a moment early after the one before it', async (test) => {
    const { device, facts } = await begin(test);
    const socket = await device();
    socket.write(get('/v1/service') + get('/v1/greetings/a?times=3'));
    assert.match((await socket.answer()).body, /a service/);
    assert.match((await socket.answer()).body, /aaa/);
    while (facts.length < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(
      facts.map(({ endpoint }) => endpoint),
      ['describe', 'greet'],
    );
  });

  it('ends a connection on which a body is longer than it said', async (test) => {
    const { device, facts } = await begin(test);
    const socket = await device();
    socket.write(`${json('{"name":"a"}')}{"name":"b"}`);
    await socket.ended;
    assert.ok(facts.length <= 1, 'what is too long is no request');
  });

  it('answers HEAD without a body', async (test) => {
    const { device } = await begin(test);
    const socket = await device();
    socket.write(head('HEAD /v1/service'));
    await socket.ended;
    assert.match(socket.text, /^HTTP\/1\.1 405 [\s\S]*\r\n\r\n$/);
  });

  it('ends the connection of a certificate that it cannot judge, and lives on', async (test) => {
    const network = new TestNetwork(test);
    const unjudged: unknown[] = [];
    const edge = await network.serve({
      endpoints: TABLE,
      handlers: handlersOver(new Map()),
      authorise: () => {
        throw new TypeError('a key that nobody knows');
      },
      onUnjudged: (address, error) => unjudged.push(address, error),
    });
    const socket = await RawSocket.open(edge.address, network.identity('device'));
    await socket.ended;
    assert.equal(unjudged[0], '127.0.0.1');
    assert.match(String(unjudged[1]), /nobody knows/);
    assert.deepEqual(await network.client(edge.address).call(TABLE.describe, {}), {
      text: 'a service',
    });
  });

  it('goes on serving others', async (test) => {
    const { device, network, address } = await begin(test);
    (await device()).write('hello\r\n\r\n');
    const client = network.client(address, { identity: network.identity('device') });
    assert.deepEqual(await client.call(TABLE.describe, {}), { text: 'a service' });
  });
});
