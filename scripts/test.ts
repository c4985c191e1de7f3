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

/** What each proves is said in docs/testing.md; here with counts, and limits that a busy machine needs. */
const PROOFS = [
  { name: 'simulate', entry: 'simulator/main.ts', argv: ['--seeds', '500'], minutes: 8 },
  { name: 'kills', entry: 'tests/kills/main.ts', argv: ['--count', '10'], minutes: 4 },
  { name: 'faults', entry: 'tests/faults/main.ts', argv: ['--limit', '8'], minutes: 6 },
  { name: 'parity', entry: 'tests/parity/main.ts', argv: ['--damages', '1000'], minutes: 3 },
  { name: 'histories', entry: 'tests/histories/main.ts', argv: ['--count', '200'], minutes: 4 },
  {
    name: 'retention-attacks',
    entry: 'tests/retention/main.ts',
    argv: ['--cases', '500'],
    minutes: 2,
  },
  { name: 'verdicts', entry: 'tests/verdicts/main.ts', argv: ['--cases', '1000'], minutes: 3 },
  {
    name: 'equivocation',
    entry: 'tests/equivocation/main.ts',
    argv: ['--runs', '200'],
    minutes: 2,
  },
  { name: 'hostile', entry: 'tests/hostile/main.ts', argv: ['--cases', '2000'], minutes: 3 },
  {
    name: 'detection',
    entry: 'bench/detection/main.ts',
    argv: ['--store-years', '300'],
    minutes: 3,
  },
  { name: 'attacks', entry: 'tests/attacks/main.ts', argv: [], minutes: 8 },
  {
    name: 'feeds:hostile',
    entry: 'tests/hostile/feeds/main.ts',
    argv: ['--cases', '3000'],
    minutes: 2,
  },
] as const;

function testFiles(): string[] {
  return globSync(TESTS, { cwd: ROOT, exclude: ['**/node_modules/**'] })
    .filter((path) => path !== IN_CHECKS)
    .sort();
}

const tests: Step = {
  name: 'tests',
  command: [
    process.execPath,
    '--test',
    `--test-concurrency=${availableParallelism()}`,
    '--test-reporter=spec',
    // A test that waits for ever is named, instead of using up the time of all.
    `--test-timeout=${10 * MINUTE_MS}`,
    ...testFiles(),
  ],
  limitMs: 40 * MINUTE_MS,
};

const proofs = PROOFS.filter(({ entry }) => existsSync(`${ROOT}/${entry}`)).map(
  ({ name, entry, argv, minutes }): Step => ({
    name,
    command: [process.execPath, entry, ...argv],
    limitMs: minutes * MINUTE_MS,
  }),
);

const checked = await runSteps(CHECKS, { atOnce: availableParallelism(), output: 'failures' });
reportSteps(checked);
const ran = await runSteps([tests, ...proofs], { output: 'all' });
process.stdout.write('\n');
process.exitCode = reportSteps([...checked, ...ran]);
