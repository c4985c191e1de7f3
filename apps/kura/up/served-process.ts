// One program of a network that runs on this machine as a process of its own: what `kura serve` is for systemd, with a
// log file instead of the journal. A channel between the two tells this process what that one logs, and that one when
// this process has died: then it ends, as after SIGTERM.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AlarmClock, KuraError, MINUTE_MS } from '@kura/base';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** No judgement of speed, since nine programs start at once: one that hangs is named at last. */
const READY_MS = 5 * MINUTE_MS;

/** A line of its log. */
export type LoggedLine = Readonly<Record<string, unknown>>;

export interface ServedProcessOptions {
  readonly name: string;
  /** `kura serve …` without the first two words. */
  readonly argv: readonly string[];
  readonly logFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Each line of its log, while it lives. */
  readonly onLine: (line: LoggedLine) => void;
  readonly clock: AlarmClock;
}

export class ServedProcess {
  readonly name: string;
  /** Its exit code; null if a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #ready: Promise<LoggedLine>;

  constructor(options: ServedProcessOptions) {
    const { name, argv, logFile, environment } = options;
    this.name = name;
    const log = openSync(logFile, 'a', 0o600);
    // A group of its own: Ctrl-C is for whoever started it, who ends the programs in their order.
    this.#child = spawn(process.execPath, [...process.execArgv, MAIN, 'serve', ...argv, '-v'], {
      detached: true,
      stdio: ['ignore', 'ignore', log, 'ipc'],
      env: withoutSettings(environment),
    });
    closeSync(log);
    this.ended = new Promise((resolve) => {
      this.#child.once('error', () => resolve(null)); // it never began
      this.#child.once('exit', (code) => resolve(code));
    });
    this.#ready = this.#whenReady(options);
    this.#ready.catch(() => undefined); // awaited in `ready`
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves to the line in which it says so. Throws `interrupted` with its last words if it ends before. */
  ready(): Promise<LoggedLine> {
    return this.#ready;
  }

  /** Asks it to end. */
  stop(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #whenReady({ name, logFile, onLine, clock }: ServedProcessOptions): Promise<LoggedLine> {
    return new Promise((resolve, reject) => {
      let lastWords = '';
      const fail = (how: string): void => {
        disarm();
        reject(
          new KuraError('interrupted', `${name} ${how}${lastWords}`, {
            guidance: `Its log says more: ${logFile}`,
          }),
        );
      };
      const disarm = clock.after(READY_MS, () => fail('is not ready in time'));
      this.#child.on('message', (message) => {
        const line = lineIn(message);
        if (line === undefined) return;
        if (line.event === 'failed') lastWords = `: ${String(line.why)}`;
        if (line.event === 'ready') {
          disarm();
          resolve(line);
        }
        onLine(line);
      });
      void this.ended.then((code) => {
        fail(code === null ? 'was killed before it was ready' : `has ended with ${code}`);
      });
    });
  }
}

/** What overrides a setting of one program would override it of all. */
function withoutSettings(environment: ServedProcessOptions['environment']): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('KURA_')),
  );
}

function lineIn(message: unknown): LoggedLine | undefined {
  if (typeof message !== 'string') return undefined;
  try {
    const line: unknown = JSON.parse(message);
    return typeof line === 'object' && line !== null ? { ...line } : undefined;
  } catch {
    return undefined; // not a line of a log
  }
}
