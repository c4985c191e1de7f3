// `npm run check`: everything that can be said about the code without running it: format and lint, types,
// layers and tidiness. All of it runs even if one part fails, so that one run shows everything.
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { MINUTE_MS } from '@kura/base';
import { reportSteps, runSteps, type Step } from './steps.ts';

/** No judgement of speed: what takes seconds has taken a minute on a machine that others kept busy. */
const LIMIT_MS = 10 * MINUTE_MS;

const bin = (name: string): string =>
  fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url));

export const CHECKS: readonly Step[] = [
  {
    name: 'format and lint',
    command: [bin('biome'), 'ci', '--error-on-warnings', '--colors=off', '.'],
    limitMs: LIMIT_MS,
  },
  { name: 'types', command: [bin('tsc'), '--noEmit', '-p', 'tsconfig.json'], limitMs: LIMIT_MS },
  {
    name: 'layers and tidiness',
    command: [
      process.execPath,
      '--disable-warning=ExperimentalWarning', // of stripTypeScriptTypes
      '--test',
      'tests/tidy.test.ts',
    ],
    limitMs: LIMIT_MS,
  },
];

if (import.meta.main) {
  const results = await runSteps(CHECKS, { atOnce: cpus().length, output: 'failures' });
  process.exitCode = reportSteps(results);
}
