// `npm run retention-attacks -- --cases N [--seed S]`: forged times, fake snapshots and wrong clocks against `kura
// forget --keep-…`. No true snapshot that the rule would have kept is dropped. Ends with one line of figures, and with
// 1 on a violation.
import { readOptions } from '../proof/options.ts';
import { wholeNumber } from '../proof/whole-number.ts';
import { CANARIES } from './canary.ts';
import { guarded, type Keeping, type Outcome, playCase } from './trial.ts';

const CANARY_CASES = 400;
/** More would only repeat the same fault. */
const MAX_SHOWN = 5;

/** The first canary that no attack finds. */
function deadCanary(): string | undefined {
  return Object.entries(CANARIES).find(([, keeping]) => !isFound(keeping))?.[0];
}

function isFound(keeping: Keeping): boolean {
  for (let seed = 1; seed <= CANARY_CASES; seed++) {
    if (playCase(seed, keeping).lost > 0) return true;
  }
  return false;
}

function sum(outcomes: readonly Outcome[], of: (outcome: Outcome) => number): number {
  return outcomes.reduce((total, outcome) => total + of(outcome), 0);
}

function main(cases: number, first: number): number {
  const unseen = deadCanary();
  if (unseen !== undefined) {
    process.stderr.write(`retention-attacks: "${unseen}" was not caught; nothing can be trusted\n`);
    return 1;
  }
  const startMs = performance.now();
  const outcomes = Array.from({ length: cases }, (_, index) => playCase(first + index, guarded));
  const bad = outcomes.flatMap((outcome, index) => (outcome.lost > 0 ? [{ outcome, index }] : []));
  for (const { outcome, index } of bad.slice(0, MAX_SHOWN)) {
    const what = `${outcome.lost} true snapshots lost to "${outcome.attack}"`;
    process.stderr.write(`retention-attacks: --seed ${first + index}: ${what}\n`);
  }
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stdout.write(
    `retention-attacks: ${cases} cases, ${sum(outcomes, (one) => one.fakes)} fakes among ` +
      `${sum(outcomes, (one) => one.trueSnapshots)} true snapshots, ` +
      `${sum(outcomes, (one) => one.dropped)} dropped by rule, ` +
      `${sum(outcomes, (one) => Number(one.isRefused))} refused for a clock; ` +
      `${bad.length} violations; ${seconds} s\n`,
  );
  return bad.length === 0 ? 0 : 1;
}

const values = readOptions({
  name: 'retention-attacks',
  proves: 'Forged times, fake snapshots and wrong clocks push no true snapshot out of a rule.',
  options: {
    cases: 'N: cases, 1,000 unless given',
    seed: 'N: the first of them; alone, only that one',
  },
});
const read = wholeNumber('retention-attacks');
const isReplay = values.seed !== undefined && values.cases === undefined;
const cases = read(values.cases ?? (isReplay ? '1' : '1000'), '--cases');
process.exitCode = main(cases, read(values.seed ?? '1', '--seed'));
