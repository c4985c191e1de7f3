// One program of a network as a process of its own: started by the command that operators use, known by its log, ended
// by a signal.
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { errnoOf, systemAlarmClock } from '@kura/base';
import { HANG_MS, KURA } from '../real/kura.ts';

/** Of a log: more than a program writes from an event to whoever asks for it. */
const KEPT_LINES = 10_000;
/** As `/proc/net/tcp` says it. */
const LISTENING = '0A';

/** Groups that run: whoever is asked to end takes them along. */
const running = new Set<number>();
process.once('exit', () => {
  for (const pid of running) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has just ended by itself.
    }
  }
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export interface ServedCommand {
  /** After `kura serve`. */
  readonly argv: readonly string[];
  /** Beside what is in it already. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What starts it: `ip netns exec …`; empty: nothing. */
  readonly through?: readonly string[];
}

type LogLine = Readonly<Record<string, unknown>>;

export class ServedProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #lines: LogLine[] = [];
  /** Called with each line, and without one at the end. */
  readonly #looking = new Set<(line?: LogLine) => void>();
  /** What it wrote that is no line of a log: a crash. */
  #other = '';
  readonly ended: Promise<number | null>;
  #isOver = false;

  constructor(name: string, { argv, environment = {}, through = [] }: ServedCommand) {
    this.name = name;
    const [program, ...rest] = [...through, KURA, 'serve', ...argv, '--verbose'];
    if (program === undefined) throw new RangeError('no program');
    const child = spawn(program, rest, {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    });
    this.#child = child;
    if (child.pid !== undefined) running.add(child.pid);
    createInterface({ input: child.stderr }).on('line', (line) => this.#note(line));
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#isOver = true;
        if (child.pid !== undefined) running.delete(child.pid);
        for (const look of [...this.#looking]) look();
        resolve(code);
      });
    });
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.name} was not started`);
    return this.#child.pid;
  }

  /** Whether it has ended, asked or not. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get log(): readonly LogLine[] {
    return this.#lines;
  }

  ready(): Promise<LogLine> {
    return this.logged((line) => line.event === 'ready');
  }

  /** The first line of its log that is wanted, from the past or the future. Throws if it ends before. */
  logged(isWanted: (line: LogLine) => boolean): Promise<LogLine> {
    const found = this.#lines.find(isWanted);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        disarm();
        this.#looking.delete(look);
      };
      const look = (line?: LogLine): void => {
        if (line !== undefined && isWanted(line)) {
          settle();
          resolve(line);
        } else if (this.#isOver) {
          settle();
          reject(new Error(`${this.name} ended: ${this.describe()}`));
        }
      };
      const disarm = systemAlarmClock.after(HANG_MS, () => {
        settle();
        reject(new Error(`${this.name} never said it: ${this.describe()}`));
      });
      this.#looking.add(look);
      look();
    });
  }

  /** Addresses on which it listens, as the kernel knows them: "0100007F:1F90". Linux only. */
  listening(): readonly string[] {
    const mine = new Set(
      fs.readdirSync(`/proc/${this.pid}/fd`).map((fd) => linkOf(`/proc/${this.pid}/fd/${fd}`)),
    );
    return ['tcp', 'tcp6'].flatMap((table) => {
      const rows = fs.readFileSync(`/proc/${this.pid}/net/${table}`, 'latin1').trim().split('\n');
      return rows.slice(1).flatMap((row) => {
        const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
        return state === LISTENING && mine.has(`socket:[${inode}]`) ? [local] : [];
      });
    });
  }

  /** Its last words. */
  describe(): string {
    const lines = this.#lines.slice(-20).map((line) => JSON.stringify(line));
    return [...lines, this.#other].join('\n');
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.#isOver) this.#signal(signal);
    return await this.ended;
  }

  /** One that has just ended by itself has no group any more, although its streams are still open. */
  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if (errnoOf(error) !== 'ESRCH') throw error;
    }
  }

  #note(text: string): void {
    let line: LogLine;
    try {
      line = JSON.parse(text) as LogLine;
    } catch {
      this.#other = `${this.#other}${text}\n`.slice(-4000);
      return;
    }
    this.#lines.push(line);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const look of [...this.#looking]) look(line);
  }
}

/** Where a descriptor leads; nothing if it was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return '';
  }
}
