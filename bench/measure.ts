// One program run once, measured: wall time, CPU seconds of it and its children, and the peak memory of
// its largest process (as the kernel counted them, read with Debian's `time`). A watchdog ends whatever
// outgrows the machine, because a swapping machine measures nothing.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface Measurement {
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
  readonly output: string;
}

/** Resident bytes of all processes of one run together; more would push the page cache out. */
const MAX_RESIDENT_BYTES = 4.5e9;
const WATCH_INTERVAL_MS = 500;
/** The slowest peer needs two minutes for its longest case on a quiet machine. */
const LIMIT_MS = 20 * 60_000;
const PAGE_BYTES = 4096;

/** Resident bytes of every process in the group. */
function residentBytes(group: number): number {
  let pages = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, 'latin1').split(') ').at(-1)?.split(' ');
      if (Number(fields?.[2]) === group) pages += Number(fields?.[21]);
    } catch {
      // It has just ended.
    }
  }
  return pages * PAGE_BYTES;
}

export class RunFailed extends Error {}

function stopGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}

export async function measure(command: Command, scratch: string): Promise<Measurement> {
  const figures = join(scratch, 'time.txt');
  const outputPath = join(scratch, 'output.txt');
  spawnSync('sync');
  const output = openSync(outputPath, 'w');
  const startedMs = performance.now();
  const argv = ['-o', figures, '-f', '%U %S %M', ...command.argv];
  const child = spawn('/usr/bin/time', argv, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  closeSync(output);
  const group = child.pid ?? 0;
  const stop = (): void => stopGroup(group);
  process.once('exit', stop);
  let why = '';
  const watch = setInterval(() => {
    if (residentBytes(group) > MAX_RESIDENT_BYTES) why = 'it outgrew 4.5 GB of memory';
    if (performance.now() - startedMs > LIMIT_MS) why = 'it was not done after 20 minutes';
    if (why !== '') stop();
  }, WATCH_INTERVAL_MS);
  const ended = Promise.withResolvers<number | null>();
  child.once('error', ended.reject);
  child.once('exit', (code) => ended.resolve(code));
  const code = await ended.promise;
  const wallSeconds = (performance.now() - startedMs) / 1000;
  clearInterval(watch);
  process.removeListener('exit', stop);
  const text = readFileSync(outputPath, 'utf8');
  if (code !== 0) {
    if (why === '') why = `exit code ${code}: ${text.trim().slice(-600)}`;
    throw new RunFailed(`${command.argv.join(' ')}: ${why}`);
  }
  const [user, system, kilobytes] = readFileSync(figures, 'utf8').trim().split(/\s+/).map(Number);
  rmSync(figures);
  return {
    wallSeconds,
    cpuSeconds: (user ?? 0) + (system ?? 0),
    peakBytes: (kilobytes ?? 0) * 1024,
    output: text,
  };
}

/** Runs what is not measured; its failure is the run's. */
export function runPlain(command: Command): string {
  const [program, ...argv] = command.argv;
  const result = spawnSync(program, argv, {
    cwd: command.cwd,
    env: { ...process.env, ...command.env },
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (result.error !== undefined) throw new RunFailed(`${program}: ${result.error.message}`);
  if (result.status !== 0) {
    const said = `${result.stdout}${result.stderr}`.trim().slice(-600);
    throw new RunFailed(`${command.argv.join(' ')}: exit code ${result.status}: ${said}`);
  }
  return result.stdout;
}
