// Goal: a question reaches who listens on the local network, and an answer who asked; who asks too much, or is no
// neighbour, is not heard (D14, docs/design/finding.md). Real sockets, on loopback.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemAlarmClock as clock, KuraError, SECOND_MS } from '@kura/base';
import { AnswerBounds, askNearby, listenNearby } from './multicast.ts';

const HOST = '127.0.0.1';
/** Only a lost datagram would be waited for so long. */
const PATIENCE_MS = 600 * SECOND_MS;

test('D14: a question is heard by several listeners, and each answers who asked', async (t) => {
  const heard: string[] = [];
  const onFailure = (error: unknown): void => assert.fail(String(error));
  const first = await listenNearby({
    ...{ address: HOST, port: 0, clock, onFailure },
    answer: async (question) => Buffer.from(`one: ${question}`),
  });
  t.after(() => first.close());
  const second = await listenNearby({
    ...{ address: HOST, port: first.port, clock, onFailure },
    answer: async (question) => Buffer.from(`two: ${question}`),
  });
  t.after(() => second.close());
  await askNearby({
    ...{ addresses: [HOST], port: first.port, clock, waitMs: PATIENCE_MS },
    questions: [Buffer.from('where?')],
    onAnswer: (bytes) => {
      heard.push(Buffer.from(bytes).toString());
      return heard.length === 2;
    },
  });
  assert.deepEqual(heard.sort(), ['one: where?', 'two: where?']);
});

test('one address gets five answers in a second, all together twenty, and there is no queue', () => {
  let nowMs = 0;
  const bounds = new AnswerBounds({ elapsedMs: () => nowMs });
  const asked = Array.from({ length: 8 }, () => bounds.take('10.0.0.1'));
  assert.equal(asked.filter(Boolean).length, 5);
  const others = Array.from({ length: 40 }, (_, number) => bounds.take(`10.0.1.${number}`));
  assert.equal(others.filter(Boolean).length, 15);
  nowMs = SECOND_MS;
  assert.ok(bounds.take('10.0.0.1'));
});

test('an address that this machine does not have is refused, by name', async () => {
  const listening = listenNearby({
    ...{ address: '192.0.2.1', port: 0, clock, onFailure: () => undefined },
    answer: async () => undefined,
  });
  await assert.rejects(listening, (error: unknown) => {
    return error instanceof KuraError && error.code === 'io' && /192\.0\.2\.1/.test(error.message);
  });
});
