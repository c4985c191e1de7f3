// Goal: what a program does again and again begins although others are busy at that moment, goes on after whatever
// fails later, and does not hide what is wrong from the start.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCode, KuraError } from '@kura/base';
import type { LogFields } from '@kura/daemon';
import { ManualAlarmClock } from '@kura/testing';
import { refusal } from '../fixtures.ts';
import { Periodic } from './periodic.ts';

const EVERY_MS = 5000;

/** `failures`: of the first rounds, in their order. */
function stage(...failures: readonly ErrorCode[]) {
  const clock = new ManualAlarmClock(0);
  const told: (LogFields | undefined)[] = [];
  let rounds = 0;
  const periodic = new Periodic({
    ...{ name: 'plans', everyMs: EVERY_MS, clock },
    work: async () => {
      const failure = failures[rounds++];
      if (failure !== undefined) throw new KuraError(failure, `it is ${failure}`);
    },
    log: { event: (_level, _name, fields) => told.push(fields) },
  });
  return { clock, told, periodic, rounds: () => rounds };
}

describe('what is done again and again', () => {
  it('begins although the tables are busy, says so, and has its turn later', async () => {
    const { clock, told, periodic, rounds } = stage('busy');
    await periodic.start();
    assert.deepEqual(told, [{ why: 'it is busy' }]);
    clock.advance(EVERY_MS);
    await clock.whenArmed(EVERY_MS);
    assert.equal(rounds(), 2);
    await periodic.stop();
  });

  it('does not begin with what is wrong from the start', async () => {
    const { clock, periodic } = stage('io');
    await assert.rejects(periodic.start(), refusal('io', /it is io/));
    assert.equal(clock.armed(), 0);
  });

  it('goes on after a later failure', async () => {
    const { clock, told, periodic, rounds } = stage('busy', 'io');
    await periodic.start();
    for (let round = 2; round <= 3; round++) {
      clock.advance(EVERY_MS);
      await clock.whenArmed(EVERY_MS);
    }
    assert.equal(rounds(), 3);
    assert.deepEqual(told, [{ why: 'it is busy' }, { why: 'it is io' }]);
    await periodic.stop();
  });
});
