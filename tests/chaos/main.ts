// `npm run chaos [-- --rounds N] [--seed S]`: `kill -9` of the programs of a network at random moments of backups and
// restores, each started again at once, as systemd would. It ends with one line of figures, and with 1 at the first
// violation.
import { parseArgs } from 'node:util';
import { describeEnd } from '../real/kura.ts';
import { describeFigures, noFigures } from './figures.ts';
import { Trial } from './trial.ts';

const DEFAULT_ROUNDS = 12;

function wholeNumber(text: string, option: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`chaos: --${option} takes a whole number, not "${text}"\n`);
  process.exit(2);
}

const given = parseArgs({
  options: {
    rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
    seed: { type: 'string', default: '1' },
  },
}).values;
const rounds = wholeNumber(given.rounds, 'rounds');
const seed = wholeNumber(given.seed, 'seed');

const startedMs = performance.now();
const figures = noFigures();
let violations = 0;
let trial: Trial | undefined;
try {
  trial = await Trial.begin(seed, figures);
  for (let index = 0; index < rounds; index++) {
    await trial.round(index);
    if ((index + 1) % 25 === 0) process.stderr.write(`chaos: ${index + 1} of ${rounds}\n`);
  }
  await trial.finish();
} catch (error) {
  violations++;
  process.stderr.write(`chaos: violation with seed ${seed}\n`);
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  if (figures.last !== undefined) process.stderr.write(`last: ${describeEnd(figures.last)}\n`);
} finally {
  await trial?.close();
}
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
process.stdout.write(
  `chaos: ${describeFigures(figures)}, ${violations} violations, seed ${seed}, ${seconds} s\n`,
);
process.exitCode = violations;
