// A PostgreSQL of a test's own: in a scratch folder, run by a user without rights, reached by a socket in that
// folder and by no port. Its data need not survive, so it syncs nothing.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSTALLED = '/usr/lib/postgresql';
const USER = 'postgres';

export interface TestPostgres {
  /** Of the database that every server has. */
  readonly url: string;
  /** A new, empty database: its url. */
  newDatabase(): string;
  close(): Promise<void>;
}

/** Folder of the newest server's programs; undefined if none is installed. */
export function findPostgres(): string | undefined {
  if (!existsSync(INSTALLED)) return undefined;
  const versions = readdirSync(INSTALLED).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(INSTALLED, version, 'bin')).find((bin) => existsSync(bin));
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The server refuses to run as root. */
function accountOf(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${USER}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined
    ? undefined
    : { uid: Number(uid), gid: Number(gid) };
}

/** Throws if no server is installed. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = findPostgres();
  if (bin === undefined)
    throw new Error('no PostgreSQL server is installed: apt install postgresql');
  const account = accountOf();
  const folder = mkdtempSync(join(tmpdir(), 'kura-postgres-'));
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  const run = (program: string, ...given: readonly string[]): void => {
    execFileSync(join(bin, program), given, { ...account, stdio: 'ignore', cwd: folder });
  };
  const data = join(folder, 'data');
  run('initdb', '-D', data, '-U', USER, '-A', 'trust', '--no-sync');
  const quick = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const settings = [
    ...quick,
    'max_connections=400',
    'listen_addresses=',
    `unix_socket_directories=${folder}`,
  ];
  const server = spawn(
    join(bin, 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...account, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await untilReady(server);
  let databases = 0;
  const urlOf = (name: string): string =>
    `postgres://${USER}@localhost/${name}?host=${encodeURIComponent(folder)}`;
  return {
    url: urlOf('postgres'),
    newDatabase: () => {
      const name = `kura_${databases++}`;
      run('createdb', '-h', folder, '-U', USER, name);
      return urlOf(name);
    },
    close: async () => {
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    server.stderr?.on('data', (piece: Uint8Array) => {
      said += Buffer.from(piece).toString('utf8');
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`PostgreSQL did not start:\n${said}`)));
  });
}
