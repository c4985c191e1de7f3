// Where a process dies: at the call that was drawn, or at that call of those that change something.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CrashSignal, SeededRandom } from '@kura/testing';
import { Coverage } from './coverage.ts';
import { EventLog } from './event-log.ts';
import { type FaultPoint, Life, SimulatedClock } from './life.ts';

const CALLS = ['stat', 'create', 'stat', 'write', 'read', 'sync', 'link'];

/** The call at which a process with this fault dies; undefined if it lives. */
function deathOf(point: FaultPoint): string | undefined {
  const random = new SeededRandom(1);
  const life = new Life({
    pid: 1,
    log: new EventLog(),
    coverage: new Coverage(),
    clock: new SimulatedClock(random),
    random,
    fault: { ...point, kind: 'crash' },
  });
  for (const [index, call] of CALLS.entries()) {
    try {
      life.step(call, '/file');
    } catch (error) {
      assert.ok(error instanceof CrashSignal && life.isDead);
      return `${call} ${index + 1}`;
    }
  }
  return undefined;
}

test('a fault falls on the call that was drawn, whatever it is', () => {
  assert.equal(deathOf({ among: 'calls', at: 3 }), 'stat 3');
  assert.equal(deathOf({ among: 'calls', at: 6 }), 'sync 6');
  assert.equal(deathOf({ among: 'calls', at: 8 }), undefined);
});

test('a fault among changes falls on a change, and counts nothing else', () => {
  assert.equal(deathOf({ among: 'changes', at: 1 }), 'create 2');
  assert.equal(deathOf({ among: 'changes', at: 3 }), 'sync 6');
  assert.equal(deathOf({ among: 'changes', at: 5 }), undefined);
});
