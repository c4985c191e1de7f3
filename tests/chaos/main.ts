// `npm run chaos [-- --rounds N] [--seed S] [--only KIND,…] [--minutes M] [--database URL]`: accidents in a
// network of processes while backups and restores run: `kill -9`, lines that are cut or silent, full disks, clocks
// that are ten years off; each program that dies is started again, as systemd would. It ends with one line of
// figures, and with 1 at the first violation. Disks need root and clocks a C compiler; what cannot happen here is
// said.
import { parseArgs } from 'node:util';
import { MINUTE_MS } from '@kura/base';
import { wholeNumber } from '../proof/whole-number.ts';
import { describeEnd } from '../real/kura.ts';
import { ACCIDENT_KINDS, type AccidentKind } from './accidents.ts';
import { describeFigures, noFigures } from './figures.ts';
import { Trial } from './trial.ts';

const DEFAULT_ROUNDS = 12;
const TOLD_EVERY = 10;
const MOST_MINUTES = 24 * 60;

function refuse(what: string): never {
  process.stderr.write(`chaos: ${what}\n`);
  process.exit(2);
}

function kindOf(text: string): AccidentKind {
  const kind = ACCIDENT_KINDS.find((one) => one === text);
  return kind ?? refuse(`--only takes some of ${ACCIDENT_KINDS.join(',')}, not "${text}"`);
}

const given = parseArgs({
  options: {
    rounds: { type: 'string', default: String(DEFAULT_ROUNDS) },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: ACCIDENT_KINDS.join(',') },
    database: { type: 'string' },
    minutes: { type: 'string', default: String(MOST_MINUTES) },
  },
}).values;
const number = wholeNumber('chaos');
const rounds = number(given.rounds, '--rounds', 0);
const seed = number(given.seed, '--seed', 0);
const only = given.only.split(',').map(kindOf);
const mostMs = number(given.minutes, '--minutes', 0) * MINUTE_MS;

const startedMs = performance.now();
const figures = noFigures();
let violations = 0;
const isTimeUp = (): boolean => performance.now() - startedMs > mostMs;
let trial: Trial | undefined;
try {
  trial = await Trial.begin({ seed, only, databaseUrl: given.database }, figures);
  for (let index = 0; index < rounds && !isTimeUp(); index++) {
    await trial.round();
    if ((index + 1) % TOLD_EVERY === 0) process.stderr.write(`chaos: ${index + 1} of ${rounds}\n`);
  }
  await trial.finish();
} catch (error) {
  violations++;
  process.stderr.write(`chaos: violation with seed ${seed}\n`);
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  if (figures.last !== undefined) process.stderr.write(`last: ${describeEnd(figures.last)}\n`);
  if (trial !== undefined) process.stderr.write(`${trial.describe()}\n`);
} finally {
  await trial?.close();
}
const seconds = ((performance.now() - startedMs) / 1000).toFixed(0);
process.stdout.write(
  `chaos: ${describeFigures(figures)}, ${violations} violations, seed ${seed}, ${seconds} s\n`,
);
process.exitCode = violations;
