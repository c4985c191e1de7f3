// Starts the command that users start, as a process of its own, and keeps what it said and how it ended.
// Nothing of Kura is imported here: what these tests know is what a script of a user knows.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const KURA = fileURLToPath(new URL('../../kura', import.meta.url));
export const PASSPHRASE = 'four words and a rainy day';

/** No judgement of speed: a command that hangs ends just before the runner gives its test up, and so is named. */
export const HANG_MS = 9 * 60_000;

export interface Ended {
  readonly argv: readonly string[];
  /** null if a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly bytes: Buffer;
  readonly out: string;
  readonly err: string;
  readonly tookMs: number;
}

export interface StartOptions {
  readonly home: string;
  readonly passphrase?: string;
  readonly input?: Uint8Array | string;
  /** Standard input stays open after `input`, and silent. */
  readonly isInputOpen?: true;
  readonly environment?: Readonly<Record<string, string>>;
  /** What starts the command: `setpriv …`, `unshare …`; default: nothing. */
  readonly through?: readonly string[];
  readonly cwd?: string;
  readonly limitMs?: number;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** In a process group of its own, so that a kill reaches whatever it starts. */
export function startKura(argv: readonly string[], options: StartOptions): Running {
  const [program, ...rest] = [...(options.through ?? []), KURA, ...argv];
  if (program === undefined) throw new RangeError('no program');
  const startedMs = performance.now();
  const child = spawn(program, rest, {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.limitMs ?? HANG_MS,
    killSignal: 'SIGKILL',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: {
      ...process.env,
      KURA_HOME: options.home,
      KURA_PASSPHRASE: options.passphrase ?? PASSPHRASE,
      NO_COLOR: '1',
      ...options.environment,
    },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => err.push(bytes));
  // A command that ends without reading its input is no fault of the test.
  child.stdin.on('error', () => undefined);
  child.stdin.write(options.input ?? '');
  if (options.isInputOpen !== true) child.stdin.end();
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const bytes = Buffer.concat(out);
      const tookMs = performance.now() - startedMs;
      const text = { bytes, out: bytes.toString(), err: Buffer.concat(err).toString() };
      resolve({ argv, code, signal, ...text, tookMs });
    });
  });
  return { child, ended };
}

export function runKura(argv: readonly string[], options: StartOptions): Promise<Ended> {
  return startKura(argv, options).ended;
}

export function describeEnd({ argv, code, signal, out, err }: Ended): string {
  const how = code === null ? `killed by ${signal}` : `exit code ${code}`;
  return `kura ${argv.join(' ')}: ${how}\n--- stdout\n${out}\n--- stderr\n${err}`;
}
