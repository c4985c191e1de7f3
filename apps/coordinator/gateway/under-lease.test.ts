// Goal: a claim is renewed for as long as its work lasts, and not for ever.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { SECOND_MS } from '@kura/base';
import { ManualAlarmClock } from '@kura/testing';
import { underLease } from './under-lease.ts';

const EVERY_MS = 20 * SECOND_MS;

function begin() {
  const clock = new ManualAlarmClock();
  const renewals: PromiseWithResolvers<void>[] = [];
  const work = Promise.withResolvers<string>();
  const given: string[] = [];
  const done = underLease(
    {
      ...{ everyMs: EVERY_MS, clock },
      renew: () => {
        const renewal = Promise.withResolvers<void>();
        renewals.push(renewal);
        return renewal.promise;
      },
      giveBack: async () => given.push('back'),
    },
    () => work.promise,
  );
  return { clock, renewals, work, given, done };
}

test('renewed while it lasts, also after a renewal that failed', async () => {
  const { clock, renewals, work, given, done } = begin();
  for (let count = 1; count <= 3; count++) {
    clock.advance(EVERY_MS);
    assert.equal(renewals.length, count);
    renewals.at(-1)?.reject(new Error('the database is slow'));
    await setImmediate();
  }
  work.resolve('stored');
  assert.equal(await done, 'stored');
  assert.equal(clock.armed(), 0);
  assert.deepEqual(given, []);
});

test('work that ends while a renewal is under way is not renewed again', async () => {
  const { clock, renewals, work, given, done } = begin();
  clock.advance(EVERY_MS);
  work.reject(new Error('no'));
  await assert.rejects(done, /no/);
  assert.deepEqual(given, ['back']);
  renewals[0]?.resolve();
  await setImmediate();
  assert.equal(clock.armed(), 0);
});
