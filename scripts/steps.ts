// Programs that a script runs one after the other or side by side, each with a time limit, and the summary
// at the end. Output of steps that run side by side is kept until they end, so that it never mixes.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { formatDuration } from '@kura/base';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** A step that hangs is stopped and counts as failed: the whole run stays bounded. */
  readonly limitMs: number;
}

export interface StepResult {
  readonly name: string;
  readonly isGood: boolean;
  readonly why: string;
  readonly durationMs: number;
}

export interface RunOptions {
  /** Steps that run at the same time; 1 by default. */
  readonly atOnce?: number;
  /** all: as it comes · failures: only of steps that fail, when they end. */
  readonly output: 'all' | 'failures';
}

/** Stops the step and everything that it started. */
function stopGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group has just ended by itself.
  }
}

async function runStep(step: Step, output: RunOptions['output']): Promise<StepResult> {
  const [program, ...argv] = step.command;
  const startedMs = performance.now();
  const kept: Buffer[] = [];
  const keeps = output === 'failures';
  const child = spawn(program, argv, {
    cwd: ROOT,
    stdio: keeps ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    // A group of its own, so that the limit reaches the children of children.
    detached: process.platform !== 'win32',
  });
  const stop = (): void => stopGroup(child);
  process.once('exit', stop);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) => kept.push(bytes));
  }
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop();
  }, step.limitMs);
  const ended = Promise.withResolvers<string>();
  child.once('error', (error) => ended.resolve(error.message));
  child.once('close', (code, signal) => {
    ended.resolve(code === 0 ? '' : signal === null ? `exit code ${code}` : `stopped by ${signal}`);
  });
  const reason = await ended.promise;
  clearTimeout(timer);
  process.removeListener('exit', stop);
  const why = isLate ? `not done after ${formatDuration(step.limitMs)}` : reason;
  if (keeps && why !== '') process.stdout.write(Buffer.concat(kept));
  return { name: step.name, isGood: why === '', why, durationMs: performance.now() - startedMs };
}

/** Whoever interrupts this process means what it started, too: `exit` stops the groups. */
function stopOnSignal(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}

export async function runSteps(steps: readonly Step[], options: RunOptions): Promise<StepResult[]> {
  stopOnSignal();
  const waiting = [...steps.entries()];
  const results: StepResult[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, step] = next;
      if (options.output === 'all') process.stdout.write(`\n── ${step.name}\n`);
      results[index] = await runStep(step, options.output);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce ?? 1 }, lane));
  return results;
}

/** One line per step; the exit code. */
export function reportSteps(results: readonly StepResult[]): number {
  for (const { name, isGood, why, durationMs } of results) {
    const mark = isGood ? 'ok  ' : 'FAIL';
    const tail = isGood ? '' : `: ${why}`;
    process.stdout.write(`${mark} ${name} (${(durationMs / 1000).toFixed(1)} s)${tail}\n`);
  }
  return results.every((result) => result.isGood) ? 0 : 1;
}
