// `npm run kills [-- --count N] [--seed S]`: real `kill -9` of `kura backup`, `kura prune` and `kura restore`
// at moments spread over their whole duration. After each the next command must be right. It ends with one
// line of figures, and with 1 at the first violation. Kills keep the page cache: what a power cut loses is
// the simulator's subject.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../proof/whole-number.ts';
import { describeEnd } from '../real/kura.ts';
import type { Stage } from '../real/scene.ts';
import { describeFigures, noFigures } from './figures.ts';
import { Trial } from './trial.ts';

const DEFAULT_COUNT = 10;

const given = parseArgs({
  options: {
    count: { type: 'string', default: String(DEFAULT_COUNT) },
    seed: { type: 'string', default: '1' },
  },
}).values;
const read = wholeNumber('kills');
const count = read(given.count, '--count');
const seed = read(given.seed, '--seed', 0);

/** A kill that comes too late is tried again, but not for ever. */
const MAX_ATTEMPTS_PER_KILL = 4;
/** Two networks side by side, one per processor: on a disk, and in memory, where everything is quicker. */
const LANES: readonly Stage[] = ['disk', 'memory'];

const startedMs = performance.now();
const figures = noFigures();
const trials: Trial[] = [];
process.once('exit', () => {
  for (const trial of trials) trial.close();
});
let killed = 0;
let started = 0;
let attempts = 0;

async function play(stage: Stage, lane: number): Promise<void> {
  const trial = await Trial.begin({ seed: seed * LANES.length + lane, stage, figures });
  trials.push(trial);
  try {
    for (let index = 0; started < count && process.exitCode === undefined; index++) {
      assert.ok(++attempts <= count * MAX_ATTEMPTS_PER_KILL, 'most kills come too late');
      started++;
      if (!(await trial.kill(index))) started--;
      else if (++killed % 25 === 0) process.stderr.write(`kills: ${killed} of ${count}\n`);
    }
    await trial.finish();
  } catch (error) {
    process.exitCode = 1;
    const text = error instanceof Error ? error.stack : String(error);
    process.stderr.write(`kills: violation with seed ${seed} on ${stage}\n${text}\n`);
    if (trial.last !== undefined) process.stderr.write(`last: ${describeEnd(trial.last)}\n`);
  }
}

await Promise.all(LANES.map(play));
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
const violations = process.exitCode === undefined ? 0 : 1;
process.stdout.write(
  `kills: ${describeFigures(figures)}, ${violations} violations, seed ${seed}, ${seconds} s\n`,
);
