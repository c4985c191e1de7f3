// `npm run faults [-- --limit N] [--only backup|restore|prune] [--call N]`: every I/O call of a backup, a
// restore and a prune fails once, with EIO or ENOSPC. After each: a documented exit code and one clear error
// (or success by another way), nothing acknowledged lost, and the next run right. With --limit N only N calls
// of each command, evenly spread. It ends with one line of figures, and with 1 on a violation.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { wholeNumber } from '../proof/whole-number.ts';
import { describeEnd } from '../real/kura.ts';
import { buildShim } from './shim.ts';
import { backupSubject, pruneSubject, restoreSubject, type Subject } from './subject.ts';
import { Trial } from './trial.ts';

const SUBJECTS: readonly Subject[] = [backupSubject, restoreSubject, pruneSubject];
/** One per processor; more would only wait for each other. */
const LANES = 2;
/** More would only repeat the same defect. */
const MAX_VIOLATIONS = 5;

const { values } = parseArgs({
  options: { limit: { type: 'string' }, only: { type: 'string' }, call: { type: 'string' } },
});
const number = wholeNumber('faults');
const limit =
  values.limit === undefined ? Number.POSITIVE_INFINITY : number(values.limit, '--limit');
const onlyCall = values.call === undefined ? undefined : number(values.call, '--call');

const startedMs = performance.now();
let violations = 0;

interface Figures {
  calls: number;
  struck: number;
  recovered: number;
}

/** Up to `limit` of the calls 1 … count, evenly spread. */
function callsToFail(count: number): number[] {
  if (onlyCall !== undefined) return [onlyCall];
  const wanted = Math.min(limit, count);
  return Array.from({ length: wanted }, (_, index) => 1 + Math.floor((index * count) / wanted));
}

async function runLane(trial: Trial, waiting: number[], figures: Figures): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (violations >= MAX_VIOLATIONS) return;
    try {
      const { struck, code } = await trial.run(next);
      if (struck !== undefined) figures.struck++;
      if (struck !== undefined && code === 0) figures.recovered++;
    } catch (error) {
      violations++;
      const { name } = trial.subject;
      process.stderr.write(`faults: violation: --only ${name} --call ${next}\n`);
      const cause = error instanceof Error ? error.cause : undefined;
      for (const one of [error, cause]) {
        if (one instanceof Error) process.stderr.write(`${one.stack}\n`);
      }
      if (trial.last !== undefined) process.stderr.write(`last: ${describeEnd(trial.last)}\n`);
    }
  }
}

async function failAll(subject: Subject, shim: string): Promise<string> {
  const figures: Figures = { calls: 0, struck: 0, recovered: 0 };
  const trials: Trial[] = [];
  try {
    const lanes = onlyCall === undefined ? LANES : 1;
    for (let lane = 0; lane < lanes; lane++) trials.push(await Trial.begin(subject, shim));
    figures.calls = (await trials[0]?.count()) ?? 0;
    const waiting = callsToFail(figures.calls);
    process.stderr.write(`faults: ${subject.name}: ${waiting.length} of ${figures.calls} calls\n`);
    await Promise.all(trials.map((trial) => runLane(trial, waiting, figures)));
  } finally {
    for (const trial of trials) trial.close();
  }
  const { calls, struck, recovered } = figures;
  return `${subject.name} ${struck} of ${calls} calls failed (${recovered} without harm)`;
}

const folder = mkdtempSync(join(tmpdir(), 'kura-faults-'));
try {
  const shim = buildShim(folder);
  if (shim === undefined) {
    process.stdout.write('faults: 0 calls failed: there is no C compiler here to build the shim\n');
    process.exitCode = 1;
  } else {
    const parts: string[] = [];
    for (const subject of SUBJECTS) {
      if (values.only !== undefined && values.only !== subject.name) continue;
      parts.push(await failAll(subject, shim));
    }
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    process.stdout.write(`faults: ${parts.join(', ')}, ${violations} violations, ${seconds} s\n`);
    if (violations > 0) process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
