// One process at a time for each state folder: a file with the name of its process. Of this machine's processes it
// is known whether they live; of another's (a container that came back under another name) the file's age decides.
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type AlarmClock,
  asKuraError,
  errnoOf,
  KuraError,
  type Random,
  SECOND_MS,
  toHex,
} from '@kura/base';
import type { Processes, ProcessName } from '@kura/coordinator';

const RENEW_MS = 20 * SECOND_MS;
/** A process of another machine that has not renewed for so long is dead. */
const LEASE_MS = 60 * SECOND_MS;
const NAME_BYTES = 8;
/** A dead process's lock goes at once; more rounds than this means that several start at the same moment. */
const MAX_ROUNDS = 3;

export interface LockOptions {
  readonly folder: string;
  readonly processes: Processes;
  readonly clock: AlarmClock;
  readonly random: Random;
}

export interface StateLock {
  release(): void;
}

interface Holder {
  readonly text: string;
  readonly isAlive: boolean;
}

class FileLock implements StateLock {
  readonly #options: LockOptions;
  readonly #path: string;
  readonly #text: string;
  #disarm: () => void = () => undefined;

  constructor(options: LockOptions) {
    this.#options = options;
    this.#path = join(options.folder, 'lock');
    this.#text = JSON.stringify(options.processes.self);
  }

  take(): void {
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (this.#create()) {
        this.#renew();
        return;
      }
      const holder = this.#holder();
      if (holder?.isAlive === true) break;
      if (holder !== undefined) this.#setAside(holder);
    }
    throw new KuraError('busy', `another process has the state folder ${this.#options.folder}`, {
      guidance: 'Stop it first, or give this program a state folder of its own.',
    });
  }

  release(): void {
    this.#disarm();
    if (this.#read() === this.#text) rmSync(this.#path, { force: true });
  }

  /** False if there is a lock already; it is there whole, or not at all. */
  #create(): boolean {
    const temporary = this.#spareName();
    writeFileSync(temporary, this.#text, { mode: 0o600, flag: 'wx' });
    try {
      linkSync(temporary, this.#path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
  }

  #holder(): Holder | undefined {
    const text = this.#read();
    return text === undefined ? undefined : { text, isAlive: this.#isAlive(text) };
  }

  #isAlive(text: string): boolean {
    const liveness = this.#options.processes.liveness(nameIn(text));
    if (liveness !== 'unknown') return liveness === 'alive';
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    // Clocks jump both ways: a lock from the future is no fresher than one from the past.
    return stat !== undefined && Math.abs(this.#options.clock.nowMs() - stat.mtimeMs) < LEASE_MS;
  }

  /** Out of the way, but only the lock that was judged: another process may have been quicker. */
  #setAside({ text }: Holder): void {
    const aside = this.#spareName();
    try {
      renameSync(this.#path, aside);
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return;
      throw error;
    }
    if (readFileSync(aside, 'utf8') !== text) linkSync(aside, this.#path);
    rmSync(aside, { force: true });
  }

  #renew(): void {
    const nowS = this.#options.clock.nowMs() / SECOND_MS;
    utimesSync(this.#path, nowS, nowS);
    this.#disarm = this.#options.clock.after(RENEW_MS, () => this.#renew());
  }

  #read(): string | undefined {
    try {
      return readFileSync(this.#path, 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  #spareName(): string {
    return `${this.#path}.${toHex(this.#options.random.bytes(NAME_BYTES))}`;
  }
}

/** A name that is not one belongs to nobody: its process is unknown, and its age decides. */
function nameIn(text: string): ProcessName {
  const nobody = { host: '', boot: '', pidSpace: '', pid: 0, started: '' };
  try {
    return { ...nobody, ...(JSON.parse(text) as Partial<ProcessName>) };
  } catch {
    return nobody;
  }
}

/** Throws `busy` if another process has the folder. */
export function lockState(options: LockOptions): StateLock {
  const lock = new FileLock(options);
  try {
    lock.take();
    return lock;
  } catch (error) {
    throw asKuraError(error, `the state folder ${options.folder} cannot be used`);
  }
}
