import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualAlarmClock } from '@kura/testing';
import { KuraError } from './error.ts';
import { Slots } from './slots.ts';

interface Job {
  readonly began: Promise<void>;
  readonly done: Promise<unknown>;
  end(): void;
}

class Bench {
  readonly clock = new ManualAlarmClock();
  readonly begun: string[] = [];
  readonly slots = new Slots({
    noun: 'things',
    atOnce: 2,
    waitMs: 10_000,
    waiting: 2,
    clock: this.clock,
  });

  start(name: string, signal?: AbortSignal): Job {
    const { promise, resolve } = Promise.withResolvers<void>();
    const began = Promise.withResolvers<void>();
    const done = this.slots.run(() => {
      this.begun.push(name);
      began.resolve();
      return promise;
    }, signal);
    return { began: began.promise, done, end: resolve };
  }
}

const isBusy = (error: unknown): boolean => error instanceof KuraError && error.code === 'busy';

describe('slots', () => {
  test('no more than so many at once; the next is whoever waited longest', async () => {
    const bench = new Bench();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => bench.start(name));
    await Promise.all([a?.began, b?.began]);
    assert.deepEqual(bench.begun, ['a', 'b']);
    b?.end();
    await b?.done;
    a?.end();
    await a?.done;
    c?.end();
    d?.end();
    await Promise.all([c?.done, d?.done]);
    assert.deepEqual(bench.begun, ['a', 'b', 'c', 'd']);
  });

  test('who waits too long is told so, and a full queue at once', async () => {
    const bench = new Bench();
    const jobs = ['a', 'b', 'c', 'd'].map((name) => bench.start(name));
    await assert.rejects(bench.start('e').done, isBusy);
    const late = Promise.all(jobs.slice(2).map((job) => assert.rejects(job.done, isBusy)));
    bench.clock.advance(10_000);
    await late;
    for (const job of jobs) job.end();
    await Promise.all(jobs.slice(0, 2).map((job) => job.done));
    assert.deepEqual(bench.begun, ['a', 'b']);
    const after = bench.start('f');
    after.end();
    await after.done;
  });

  test('who goes away leaves the queue, and a failure gives its slot back', async () => {
    const bench = new Bench();
    const jobs = ['a', 'b'].map((name) => bench.start(name));
    const gone = new AbortController();
    const waiting = bench.start('c', gone.signal);
    gone.abort();
    await assert.rejects(waiting.done, { code: 'interrupted' });
    await assert.rejects(bench.start('d', gone.signal).done, { code: 'interrupted' });
    for (const job of jobs) job.end();
    await Promise.all(jobs.map((job) => job.done));
    const failing = [1, 2, 3].map(() => bench.slots.run(() => Promise.reject(new Error('no'))));
    for (const one of failing) await assert.rejects(one, /no/);
    const last = bench.start('e');
    last.end();
    await last.done;
    assert.deepEqual(bench.begun, ['a', 'b', 'e']);
  });
});
