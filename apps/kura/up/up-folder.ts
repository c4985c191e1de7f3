// The folder of `kura up`: the files of its programs, the operator's home, the homes of members, and `up.json`,
// which is written last, so that a folder without it is one whose founding was killed.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, KuraError } from '@kura/base';
import { PROGRAM_ROLES, type ProgramRole } from '@kura/daemon';
import { type PlannedProgram, WITNESSED_LOGS } from './plan.ts';

export type UpProgram = Pick<PlannedProgram, 'name' | 'role'>;

const VERSION = 1;
/** Made by the lock before anybody looks. */
const OWN_LOCK = 'lock';
const NAME = /^[a-z0-9-]{1,40}$/;

export class UpFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  fileOf(name: string): string {
    return join(this.path, `${name}.toml`);
  }

  logOf(name: string): string {
    return join(this.path, `${name}.log`);
  }

  /** Which logs the witnesses serve. */
  writeLogs(logKey: string): void {
    writeFileSync(join(this.path, WITNESSED_LOGS), `${logKey}\n`, { flag: 'wx' });
  }

  get operatorHome(): string {
    return join(this.path, 'operator');
  }

  /** A name whose home is not there yet: "member-1". */
  nextMember(): { readonly account: string; readonly home: string } {
    const taken = new Set(readdirSync(this.path));
    let number = 1;
    while (taken.has(`member-${number}`)) number++;
    const account = `member-${number}`;
    return { account, home: join(this.path, account) };
  }

  /**
   * The programs of a folder that was founded; undefined for one that is empty. Throws `already_exists` for a folder of
   * other things, `corrupt`, `unsupported`.
   */
  programs(): readonly UpProgram[] | undefined {
    const text = this.#index();
    if (text !== undefined) return readIndex(text, this.path);
    if (readdirSync(this.path).every((name) => name === OWN_LOCK)) return undefined;
    throw new KuraError(
      'already_exists',
      `${this.path} holds something, and no network of kura up`,
      {
        guidance:
          'Name an empty folder. If kura up was killed while it founded this one, remove it.',
      },
    );
  }

  #index(): string | undefined {
    try {
      return readFileSync(join(this.path, 'up.json'), 'utf8');
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  write({ name, text }: PlannedProgram): void {
    mkdirSync(join(this.path, name, 'state'), { recursive: true, mode: 0o700 });
    writeFileSync(this.fileOf(name), text, { flag: 'wx' });
  }

  /** From now on the folder is founded. */
  finish(programs: readonly UpProgram[]): void {
    const listed = programs.map(({ name, role }) => ({ name, role }));
    const text = `${JSON.stringify({ version: VERSION, programs: listed }, undefined, 2)}\n`;
    writeFileSync(join(this.path, 'up.json'), text, { flag: 'wx' });
  }

  /** What a founding that failed has made: the folder was empty before it. */
  clear(): void {
    for (const name of readdirSync(this.path)) {
      if (name !== OWN_LOCK) rmSync(join(this.path, name), { recursive: true });
    }
  }
}

function readIndex(text: string, folder: string): readonly UpProgram[] {
  const damaged = (cause?: unknown): KuraError =>
    new KuraError('corrupt', `${folder}/up.json is damaged`, {
      guidance: 'Name an empty folder: a network for a look around is quickly made.',
      cause,
    });
  const { version, programs } = parse(text, damaged);
  if (typeof version === 'number' && version > VERSION) {
    throw new KuraError('unsupported', `${folder} was founded by a newer Kura`, {
      guidance: 'Use the version of Kura that founded it, or a newer one.',
    });
  }
  if (!Array.isArray(programs) || programs.length === 0) throw damaged();
  return programs.map((program: unknown) => readProgram(program) ?? fail(damaged()));
}

function readProgram(program: unknown): UpProgram | undefined {
  if (typeof program !== 'object' || program === null) return undefined;
  const { name, role } = program as Readonly<Record<string, unknown>>;
  const known = PROGRAM_ROLES.find((one): one is ProgramRole => one === role);
  if (typeof name !== 'string' || !NAME.test(name) || known === undefined) return undefined;
  return { name, role: known };
}

function parse(
  text: string,
  damaged: (cause: unknown) => KuraError,
): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return { ...json };
  } catch (cause) {
    throw damaged(cause);
  }
  throw damaged(undefined);
}

function fail(error: KuraError): never {
  throw error;
}
