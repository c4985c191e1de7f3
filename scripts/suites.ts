// Suites that need more than this checkout, behind a command of their own: what they print goes to the terminal, and
// one line of figures is said at the end.
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@kura/base';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface Suites {
  /** A pattern, from the root of the checkout. */
  readonly files: string;
  /** Beside what is set already. */
  readonly environment?: NodeJS.ProcessEnv;
  /** In the line of figures: "against Ceph". */
  readonly against?: string;
  readonly atOnce?: number;
}

/** The exit code: 0 only if something was run, and all of it passed. */
export async function runSuites(command: string, suites: Suites): Promise<number> {
  const { files, environment = {}, against, atOnce } = suites;
  const startedMs = systemClock.elapsedMs();
  const argv = atOnce === undefined ? [] : [`--test-concurrency=${atOnce}`];
  const paths = globSync(files, { cwd: ROOT }).sort();
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', ...argv, ...paths], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  // Figures begin with a sign of several bytes, which may come in two parts.
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (part: string) => {
    process.stdout.write(part);
    said += part;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const count = (name: string): number =>
    Number(new RegExp(`ℹ ${name} (\\d+)`).exec(said)?.[1] ?? 0);
  const [passed, failed, skipped] = [count('pass'), count('fail'), count('skipped')];
  const isGood = code === 0 && failed === 0 && skipped === 0 && passed > 0;
  const seconds = ((systemClock.elapsedMs() - startedMs) / 1000).toFixed(0);
  const where = against === undefined ? '' : ` ${against}`;
  process.stdout.write(
    `${command} ${isGood ? 'good' : 'BAD'}: ${passed} passed, ${failed} failed, ` +
      `${skipped} skipped${where} in ${seconds} s\n`,
  );
  return isGood ? 0 : 1;
}
