import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { KuraError, systemRandom as random } from '@kura/base';
import type { Liveness, Processes, ProcessName } from '@kura/coordinator';
import { ManualAlarmClock } from '@kura/testing';
import { lockState } from './state-lock.ts';

const NAME: ProcessName = { host: 'a', boot: 'b', pidSpace: 'c', pid: 1, started: 'd' };

/** A process of this number, to whom all others are as `liveness` says. */
const processes = (pid: number, liveness: Liveness = 'alive'): Processes => ({
  self: { ...NAME, pid },
  liveness: () => liveness,
});

function begin(test: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kura-lock-'));
  test.after(() => rmSync(folder, { recursive: true }));
  const clock = new ManualAlarmClock();
  return { folder, clock, random };
}

const isBusy = (error: unknown): boolean => error instanceof KuraError && error.code === 'busy';

describe('the lock of a state folder', () => {
  it('is had by one living process at a time', (test) => {
    const place = begin(test);
    const lock = lockState({ ...place, processes: processes(1) });
    assert.throws(() => lockState({ ...place, processes: processes(2) }), isBusy);
    lock.release();
    lockState({ ...place, processes: processes(2) });
    assert.deepEqual(readdirSync(place.folder), ['lock'], 'nothing else is left');
  });

  it('of a dead process is taken over at once', (test) => {
    const place = begin(test);
    const dead = lockState({ ...place, processes: processes(1) });
    lockState({ ...place, processes: processes(2, 'dead') });
    dead.release();
    assert.ok(existsSync(join(place.folder, 'lock')), 'a lock is released by who has it');
  });

  it('of another machine holds while it is renewed, and for a minute after', (test) => {
    const place = begin(test);
    const { clock, folder } = place;
    lockState({ ...place, processes: processes(1) });
    clock.advance(300_000);
    const other = () => lockState({ ...place, processes: processes(2, 'unknown') });
    assert.throws(other, isBusy);
    const seconds = clock.nowMs() / 1000;
    utimesSync(join(folder, 'lock'), seconds - 61, seconds - 61);
    other();
  });

  it('from the future is no fresher than one from the past', (test) => {
    const place = begin(test);
    lockState({ ...place, processes: processes(1) });
    place.clock.set(place.clock.nowMs() - 10 * 365 * 86_400_000);
    lockState({ ...place, processes: processes(2, 'unknown') });
  });

  it('that is damaged is taken over when it is old', (test) => {
    const place = begin(test);
    const path = join(place.folder, 'lock');
    writeFileSync(path, '{');
    utimesSync(path, 1, 1);
    lockState({ ...place, processes: processes(2, 'unknown') });
  });
});
