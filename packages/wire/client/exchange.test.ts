// Goal: a connection serves one request after the other, in whatever order the system tells what happened to it.
import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { systemAlarmClock } from '@kura/base';
import { STANDARD_LIMITS } from '../server/limits.ts';
import { TABLE } from '../test-table.ts';
import { LinkAgent } from './agents.ts';
import { type ExchangeContext, exchange, LostExchange } from './exchange.ts';
import { prepare } from './prepare.ts';
import { readAnswer } from './read-answer.ts';

/** Answers each request as soon as its last byte is there, and only then says that this byte was taken. */
class HastyServer extends Duplex {
  #text = '';
  requests = 0;

  override _read(): void {
    // What there is to read is pushed when a request has come.
  }

  override _write(piece: Buffer, _: string, taken: (error?: Error | null) => void): void {
    this.#text += piece.toString('latin1');
    const [head = '', body] = this.#text.split('\r\n\r\n');
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (body === undefined || body.length < length) {
      taken();
      return;
    }
    this.#text = '';
    this.requests++;
    this.push('HTTP/1.1 204 No Content\r\n\r\n');
    // Later than the answer is read.
    setImmediate(() => setImmediate(() => setImmediate(taken)));
  }
}

/** Takes what comes, and says nothing. */
class SilentServer extends Duplex {
  readonly #asked = Promise.withResolvers<void>();
  /** Resolves with the first byte. */
  readonly asked = this.#asked.promise;

  override _read(): void {
    // There is never anything.
  }

  override _write(_piece: Buffer, _: string, taken: (error?: Error | null) => void): void {
    this.#asked.resolve();
    taken();
  }
}

function contextOf(agent: LinkAgent): ExchangeContext {
  return {
    ...{ agent, host: 'store', pace: STANDARD_LIMITS, bandwidth: undefined },
    ...{ clock: systemAlarmClock, maxHeadBytes: STANDARD_LIMITS.headBytes },
  };
}

test('an answer that overtakes the word that its request was taken leaves the connection to the next', async () => {
  const server = new HastyServer();
  const agent = new LinkAgent(server);
  const endpoint = TABLE.forget;
  for (let count = 1; count <= 3; count++) {
    const call = prepare(endpoint, { body: { name: `blob-${count}` } });
    const context = contextOf(agent);
    const { message, isWhole } = await exchange(call, context);
    assert.ok(isWhole, `request ${count} was sent to its end`);
    await readAnswer(endpoint, message, context);
    assert.equal(server.requests, count);
  }
  agent.destroy();
});

test('a request that waits for a connection which then ends is lost, and nothing else is', async () => {
  const connection = new SilentServer();
  const agent = new LinkAgent(connection);
  const call = prepare(TABLE.forget, { body: { name: 'blob' } });
  const asked = [1, 2].map(() => exchange(call, contextOf(agent)));
  await connection.asked;
  connection.destroy();
  for (const one of await Promise.allSettled(asked)) {
    assert.ok(one.status === 'rejected' && one.reason instanceof LostExchange, one.status);
    assert.equal(one.reason.error.code, 'unreachable');
  }
});
