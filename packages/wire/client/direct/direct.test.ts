// Goal: whatever comes on a direct line, its caller gets the answer it asked for, byte for byte, or an error; a head
// that leaves a choice of how to read it is no answer. What holds over any way is in ../client.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { equalBytes, KIB, KuraError, MIB, utf8 } from '@kura/base';
import { readWhole } from '../../body.ts';
import { TestNetwork } from '../../test-network.ts';
import { answerText, jsonAnswer, openRogue } from '../../test-rogue.ts';
import { handlersOver, TABLE } from '../../test-table.ts';
import { HeadReader } from './answer-head.ts';
import { DirectAnswer } from './direct-answer.ts';

const MAX_HEAD_BYTES = 16 * KIB;
const readHead = (text: string) => new HeadReader(MAX_HEAD_BYTES).take(Buffer.from(text, 'latin1'));

/** Each leaves open where the answer ends, who said it, or whether it is one. */
const UNFIT: Readonly<Record<string, string>> = {
  'another version of HTTP': 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'a status before the answer': 'HTTP/1.1 100 Continue\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n',
  'no length': 'HTTP/1.1 200 OK\r\n\r\n',
  'a negative length': 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n',
  'a length with a sign': 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n',
  'a length in two numbers': 'HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n',
  'a transfer coding': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
  both: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a body without content': 'HTTP/1.1 204 No\r\nContent-Length: 1\r\n\r\n',
  'a folded header': 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 0\r\n\r\n',
  'a space before the colon': 'HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n',
  'a line that ends without a return': 'HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n',
  'a header without a name': 'HTTP/1.1 200 OK\r\n: 1\r\nContent-Length: 0\r\n\r\n',
  'a zero byte in a value': 'HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n',
  'too many headers': `HTTP/1.1 200 OK\r\n${'X: 1\r\n'.repeat(33)}\r\n`,
  'a head without an end': `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(MAX_HEAD_BYTES)}`,
};

describe('the head of an answer', () => {
  for (const [what, text] of Object.entries(UNFIT)) {
    it(`${what} is corrupt`, () => {
      assert.throws(() => readHead(text), { name: KuraError.name, code: 'corrupt' });
    });
  }

  it('is read from pieces of any size, and says where the body begins', () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n__proto__: x\r\n\r\n';
    const whole = readHead(`${head}abc`);
    assert.equal(whole?.bodyAt, head.length);
    assert.equal(whole?.head.bodyBytes, 3);
    const reader = new HeadReader(MAX_HEAD_BYTES);
    const found = [...utf8(head)].map((byte) => reader.take(Uint8Array.of(byte)));
    assert.ok(found.slice(0, -1).every((one) => one === undefined));
    assert.deepEqual(found.at(-1), { head: whole?.head, bodyAt: 1 });
  });
});

describe('a direct line', () => {
  it('what comes while nobody takes it is kept, although its memory is used again', () => {
    const [pause, resume, free, destroy] = Array.from({ length: 4 }, () => () => undefined);
    assert.ok(pause && resume && free && destroy);
    const head = { statusCode: 200, headers: {}, bodyBytes: 4 };
    const answer = new DirectAnswer(head, { pause, resume, free, destroy });
    const buffer = Uint8Array.of(1, 2);
    answer.take(buffer);
    buffer.set([3, 4]);
    answer.take(buffer);
    const got: number[] = [];
    answer.on('data', (piece: Uint8Array) => got.push(...piece));
    answer.resume();
    assert.deepEqual(got, [1, 2, 3, 4]);
  });

  it('many bodies at once over few connections arrive as they were sent', async (test) => {
    const network = new TestNetwork(test);
    const blobs = new Map<string, Uint8Array>();
    const edge = await network.serve({ endpoints: TABLE, handlers: handlersOver(blobs) });
    const identity = network.identity('device');
    const client = network.client(edge.address, { identity, isDirect: true, connections: 2 });
    const names = Array.from({ length: 6 }, (_, index) => `b${index}`);
    for (const name of names) blobs.set(name, network.random.bytes(MIB + names.indexOf(name)));
    const got = await Promise.all(
      names.map(async (name) => readWhole(await client.call(TABLE.fetch, { params: { name } }))),
    );
    for (const [index, bytes] of got.entries()) {
      assert.ok(equalBytes(bytes, blobs.get(names[index] ?? '') ?? new Uint8Array()));
    }
  });

  it('serves again after an answer has been read, and not after one was dropped', async (test) => {
    const network = new TestNetwork(test);
    const met = new Set<unknown>();
    const octets = ['Content-Type: application/octet-stream', 'Content-Length: 3'];
    const rogue = await openRogue(test, network, (_, socket) => {
      met.add(socket);
      return answerText(200, octets, 'abc');
    });
    const client = network.client(rogue.address, { isDirect: true });
    const ask = () => client.call(TABLE.fetch, { params: { name: 'x' } });
    for (let time = 0; time < 3; time++)
      assert.deepEqual(await readWhole(await ask()), utf8('abc'));
    assert.equal(met.size, 1);
    const dropped = await ask();
    dropped.drop();
    await readWhole(await ask());
    assert.equal(met.size, 2);
  });

  it('bytes that nobody asked for are in no answer, and end the connection', async (test) => {
    const network = new TestNetwork(test);
    const rogue = await openRogue(test, network, (_, __, count) =>
      count === 1
        ? `${jsonAnswer('{"text":"a"}')}${jsonAnswer('{"text":"b"}')}`
        : jsonAnswer('{"text":"c"}'),
    );
    const client = network.client(rogue.address, { isDirect: true });
    const called = client.call(TABLE.describe, { tries: 1 });
    await assert.rejects(called, { code: 'unreachable' });
    assert.deepEqual(await client.call(TABLE.describe, { tries: 1 }), { text: 'c' });
    assert.equal(rogue.asked.length, 2);
  });
});
