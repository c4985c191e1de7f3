// Goal: a body arrives whole and in order however its reader stops and goes on, with pieces that came before anybody
// read, while nobody did, and with the last one; and a sender waits while nobody reads.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { equalBytes, KIB, MIB } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { http } from '../node-http.ts';
import { RequestMessage } from './request-message.ts';

/** The request of a sender that writes `body` at once. */
async function requestWith(test: TestContext, body: Uint8Array): Promise<RequestMessage> {
  const server = http.createServer({ IncomingMessage: RequestMessage });
  test.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  test.after(() => socket.destroy());
  socket.write(`PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
  socket.write(body);
  const [message] = (await once(server, 'request')) as [RequestMessage];
  return message;
}

test('a body is whole and in order, wherever its reader stops', async (test) => {
  const body = new SeededRandom(11).bytes(400 * KIB + 7);
  for (const stopAfter of [1, 2, 5, Number.POSITIVE_INFINITY]) {
    for (const isLate of [false, true]) {
      const message = await requestWith(test, body);
      while (isLate && message.readableLength === 0) await turn();
      const pieces: Uint8Array[] = [];
      message.on('data', (piece: Uint8Array) => {
        pieces.push(piece);
        if (pieces.length % stopAfter !== 0) return;
        message.pause();
        setImmediate(() => message.resume());
      });
      await once(message, 'end');
      const got = new Uint8Array(Buffer.concat(pieces));
      assert.ok(equalBytes(got, body), `stopped after ${stopAfter} pieces, late: ${isLate}`);
      assert.ok(message.complete);
    }
  }
});

test('what came before anybody read goes first, also before what comes meanwhile', async () => {
  const message = new RequestMessage(new net.Socket());
  message.push(Buffer.from('first '));
  let text = '';
  message.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  message.push(Buffer.from('second'));
  message.push(null);
  await once(message, 'end');
  assert.equal(text, 'first second');
});

test('a sender is held back while nobody reads', async (test) => {
  const message = await requestWith(test, new Uint8Array(32 * MIB));
  let pieces = 0;
  message.on('data', () => {
    pieces++;
    message.pause();
  });
  await once(message, 'pause');
  for (let turns = 0; turns < 500; turns++) await turn();
  assert.equal(pieces, 1, 'nothing more is handed out');
  assert.ok(message.readableLength <= 256 * KIB, 'and little is kept');
});
