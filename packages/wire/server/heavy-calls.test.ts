// Goal: answers and bodies that lie in memory as a whole come a few at a time, and nobody keeps the others out (R38).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { MINUTE_MS } from '@kura/base';
import { defineEndpoints, json } from '@kura/contract/wire/endpoint.ts';
import { record } from '@kura/contract/wire/shape.ts';
import { ManualAlarmClock } from '@kura/testing';
import type { Caller } from './caller.ts';
import { HeavyCalls } from './heavy-calls.ts';

const LARGE = 1024 * 1024;
const { list, send, small } = defineEndpoints({
  list: { method: 'GET', path: '/v1/list', who: 'device', answer: json(record({}), LARGE) },
  send: { method: 'POST', path: '/v1/send', who: 'device', request: json(record({}), LARGE) },
  small: { method: 'GET', path: '/v1/small', who: 'device', answer: json(record({})) },
});

function device(number: number): Caller {
  const keyHash = new Uint8Array(32).fill(number);
  const name = { role: 'operator', network: 'ab'.repeat(16), id: 'ada' } as const;
  return { kind: 'certified', address: '192.0.2.1', keyHash, name, serial: 'aa' };
}

function scene() {
  const clock = new ManualAlarmClock();
  const heavy = new HeavyCalls(clock);
  const late: number[] = [];
  const { signal } = new AbortController();
  const enter = (number: number, endpoint: typeof list | typeof send | typeof small = list) =>
    heavy.enter(endpoint, { caller: device(number), signal }, () => late.push(number));
  return { clock, heavy, late, signal, enter };
}

test('R38: four large calls of one certificate at once, whichever direction is large', async () => {
  const { enter, clock } = scene();
  const places = [];
  for (const endpoint of [list, send, list, send]) places.push(await enter(1, endpoint));
  const fifth = assert.rejects(enter(1), { code: 'busy' });
  await enter(1, small);
  await enter(2);
  clock.advance(10_000);
  await fifth;
  for (const leave of places) leave();
  await enter(1);
});

test('R38: whoever dawdles makes room once others wait; strangers have room of their own', async () => {
  const { enter, late, clock, heavy, signal } = scene();
  for (let number = 1; number <= 8; number++) {
    for (let count = 0; count < 4; count++) await enter(number);
  }
  clock.advance(10 * MINUTE_MS);
  assert.deepEqual(late, [], 'nobody waits');
  const nobody: Caller = { kind: 'nobody', address: '192.0.2.9' };
  await heavy.enter(list, { caller: nobody, signal }, () => undefined);
  const waiting = assert.rejects(enter(9), { code: 'busy' });
  await setImmediate();
  clock.advance(10_000);
  assert.equal(late.length, 32);
  await waiting;
});
