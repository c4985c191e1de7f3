// `npm test`: the checks, every test, and the proofs at small counts. Nothing here needs a server, a network
// or anything but this checkout; it ends within the hour even on a busy machine, and with 0 only if all is good.
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MINUTE_MS } from '@kura/base';
import { CHECKS } from './check.ts';
import { reportSteps, runSteps, type Step } from './steps.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** `tests/tidy.test.ts` belongs to the checks, so it is not run twice. */
const TESTS = ['packages', 'apps', 'simulator', 'tests', 'bench', 'scripts'].map(
  (folder) => `${folder}/**/*.test.ts`,
);
const IN_CHECKS = 'tests/tidy.test.ts';

/** No judgement of speed: only what hangs is stopped, and named. */
const HANG_MS = 10 * MINUTE_MS;

/** What each proves is said in docs/testing.md; here with counts that take seconds. */
const PROOFS = [
  { name: 'simulate', entry: 'simulator/main.ts', argv: ['--seeds', '500'] },
  { name: 'kills', entry: 'tests/kills/main.ts', argv: ['--count', '10'] },
  { name: 'faults', entry: 'tests/faults/main.ts', argv: ['--limit', '8'] },
  { name: 'parity', entry: 'tests/parity/main.ts', argv: ['--damages', '1000'] },
  { name: 'histories', entry: 'tests/histories/main.ts', argv: ['--count', '200'] },
  {
    name: 'retention-attacks',
    entry: 'tests/retention/main.ts',
    argv: ['--cases', '500'],
  },
  { name: 'verdicts', entry: 'tests/verdicts/main.ts', argv: ['--cases', '1000'] },
  {
    name: 'equivocation',
    entry: 'tests/equivocation/main.ts',
    argv: ['--runs', '200'],
  },
  { name: 'hostile', entry: 'tests/hostile/main.ts', argv: ['--cases', '2000'] },
  {
    name: 'detection',
    entry: 'bench/detection/main.ts',
    argv: ['--store-years', '300'],
  },
  { name: 'attacks', entry: 'tests/attacks/main.ts', argv: [] },
  {
    name: 'feeds:hostile',
    entry: 'tests/hostile/feeds/main.ts',
    argv: ['--cases', '3000'],
  },
] as const;

/** Whole networks first: they take longest, and at the end small files fill what is free. */
function testFiles(): string[] {
  return globSync(TESTS, { cwd: ROOT, exclude: ['**/node_modules/**'] })
    .filter((path) => path !== IN_CHECKS)
    .sort()
    .reverse();
}

const tests: Step = {
  name: 'tests',
  command: [
    process.execPath,
    '--test',
    // Programs of a network wait for each other half of the time.
    `--test-concurrency=${availableParallelism() + 1}`,
    '--test-reporter=spec',
    // A test that waits for ever is named, instead of using up the time of all.
    `--test-timeout=${HANG_MS}`,
    ...testFiles(),
  ],
  limitMs: 40 * MINUTE_MS,
};

const proofs = PROOFS.filter(({ entry }) => existsSync(`${ROOT}/${entry}`)).map(
  ({ name, entry, argv }): Step => ({
    name,
    command: [process.execPath, entry, ...argv],
    limitMs: HANG_MS,
  }),
);

const checked = await runSteps(CHECKS, { atOnce: availableParallelism(), output: 'failures' });
reportSteps(checked);
const ran = await runSteps([tests, ...proofs], { output: 'all' });
process.stdout.write('\n');
process.exitCode = reportSteps([...checked, ...ran]);
