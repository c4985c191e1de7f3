// Goal: a store that stops has stopped: an answer that comes at that moment begins nothing anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { JsonLog } from '@kura/daemon';
import { ManualAlarmClock } from '@kura/testing';
import type { EndpointClient } from '@kura/wire/client/client.ts';
import { type Beat, type BeatAnswer, Heartbeat } from './heartbeat.ts';

const BEAT: Beat = { inventoryEpoch: 1, freeBytes: 1, knownKeys: 0, revocations: 0 } as Beat;
const ANSWER: BeatAnswer = {
  ...{ state: 'active', gateways: [], keys: undefined },
  ...{ knownFindings: undefined, mark: undefined, hold: undefined },
};

test('stopping waits for the answer that is under way, and there is none after it', async () => {
  const clock = new ManualAlarmClock();
  const answers: PromiseWithResolvers<BeatAnswer>[] = [];
  const heard: string[] = [];
  const client = {
    call: () => {
      const answer = Promise.withResolvers<BeatAnswer>();
      answers.push(answer);
      return answer.promise;
    },
  } as unknown as EndpointClient;
  const heartbeat = new Heartbeat({
    client: () => client,
    tell: () => BEAT,
    onAnswer: async () => {
      heard.push('answer');
    },
    clock,
    log: new JsonLog({ program: 'test', clock, level: 'error', write: () => undefined }),
  });
  const started = heartbeat.start();
  await setImmediate();
  answers[0]?.resolve(ANSWER);
  await started;
  clock.advance(10_000);
  const stopped = heartbeat.stop().then(() => heard.push('stopped'));
  await setImmediate();
  answers[1]?.resolve(ANSWER);
  await stopped;
  assert.deepEqual(heard, ['answer', 'answer', 'stopped']);
  clock.advance(60_000);
  assert.equal(answers.length, 2);
});
