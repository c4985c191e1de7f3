// The simulator itself: it finds nothing in a sound program, it finds a broken rule, and a seed is all it
// takes to see the same run again. The many seeds are run by `npm run simulate`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { playCanary } from './canary.ts';
import { addFigures, noFigures } from './figures.ts';
import { SimulatedClock } from './life.ts';
import { playSeed } from './seed.ts';

const FEW_SEEDS = 24;
const REPLAYED = [3, 100, 144, 351];

test('A18: acknowledged is restorable, whatever dies, rots, burns or fills up', async () => {
  const total = noFigures();
  for (let seed = 1; seed <= FEW_SEEDS; seed++) {
    const { figures, steps, violation } = await playSeed({ seed, canary: false });
    assert.equal(violation, undefined, `seed ${seed}\n${steps.join('\n')}`);
    addFigures(total, figures);
  }
  // A simulation in which nothing goes wrong proves nothing.
  assert.ok(
    total.crashes > 5 && total.rot > 0 && total.restores > FEW_SEEDS,
    JSON.stringify(total),
  );
});

test('the canary: stores that do not sync are caught', async () => {
  const caught = await playCanary(1);
  assert.match(caught?.violation ?? '', /no intact copy|not at this store|damaged|gone|is lost/);
});

test('a seed replays call for call', async () => {
  for (const seed of REPLAYED) {
    const first = await playSeed({ seed, canary: false });
    const second = await playSeed({ seed, canary: false });
    assert.equal(first.hash, second.hash, `seed ${seed}`);
    assert.deepEqual(first.steps, second.steps);
  }
});

test('two seeds are two runs', async () => {
  const one = await playSeed({ seed: 7, canary: false });
  const other = await playSeed({ seed: 8, canary: false });
  assert.notEqual(one.hash, other.hash);
});

test('time passes with every call, and never back', () => {
  const clock = new SimulatedClock(new SeededRandom(1));
  const startMs = clock.elapsedMs();
  let lastMs = startMs;
  for (let call = 0; call < 1000; call++) {
    clock.tick();
    assert.ok(clock.elapsedMs() >= lastMs);
    lastMs = clock.elapsedMs();
  }
  assert.ok(lastMs - startMs > 10_000, 'a thousand calls are long enough for a note or a lease');
});
