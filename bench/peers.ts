// Brings the peers that Kura is measured against: from Debian, the newest there is. What the machine's
// own suite has is installed; a newer one of another suite is unpacked beside the system and changes
// nothing in it. A peer that cannot be had is reported with the reason, never left out in silence.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, RunFailed, runPlain } from './measure.ts';

export const PEER_NAMES = ['restic', 'borg', 'bup'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

export interface InstalledPeer {
  readonly name: PeerName;
  readonly program: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface MissingPeer {
  readonly name: PeerName;
  readonly why: string;
}

interface Recipe {
  readonly package: string;
  readonly program: string;
  /** Whatever the program needs beside itself, from the machine's own suite. */
  readonly installs: readonly string[];
  /** Suite with a newer version than the machine's own; none: the installed one is taken. */
  readonly suite?: (codename: string) => string;
  readonly versionArguments: readonly string[];
}

const RECIPES: Readonly<Record<PeerName, Recipe>> = {
  restic: {
    package: 'restic',
    program: 'restic',
    installs: [],
    suite: () => 'sid',
    versionArguments: ['version'],
  },
  borg: {
    package: 'borgbackup',
    program: 'borg',
    // For the Python packages that the unpacked one imports.
    installs: ['borgbackup'],
    suite: (codename) => `${codename}-backports`,
    versionArguments: ['--version'],
  },
  bup: {
    package: 'bup',
    program: 'bup',
    installs: ['bup'],
    versionArguments: ['--version'],
  },
};

const APT_FOLDER = '/etc/apt';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

function plain(...argv: [string, ...string[]]): Command {
  return { argv, env: { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }, cwd: '/' };
}

function isOnPath(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Debian's mirror as the machine itself uses it. */
function debianMirror(): string {
  const parts = join(APT_FOLDER, 'sources.list.d');
  const files = existsSync(parts) ? readdirSync(parts).sort() : [];
  const paths = [join(APT_FOLDER, 'sources.list'), ...files.map((name) => join(parts, name))];
  for (const path of paths.filter((path) => existsSync(path))) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line.startsWith('#')) continue;
      const mirror = line.split(/\s+/).find((word) => /^https?:.*debian\/?$/.test(word));
      if (mirror !== undefined) return mirror;
    }
  }
  throw new RunFailed('there is no Debian mirror in the apt sources');
}

function codename(): string {
  const found = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  if (found === undefined) throw new RunFailed('the release of this system has no code name');
  return found;
}

/** Unpacks a package of another suite into `folder`, with lists and caches of its own. */
export function unpackBeside(name: string, suite: string, folder: string): string {
  const target = join(folder, name);
  if (existsSync(target)) return target;
  for (const sub of ['apt/lists/partial', 'apt/cache/archives/partial']) {
    mkdirSync(join(folder, sub), { recursive: true });
  }
  const list = join(folder, 'apt', 'sources.list');
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${debianMirror()} ${suite} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::Lists=${join(folder, 'apt', 'lists')}`,
    `Dir::Cache=${join(folder, 'apt', 'cache')}`,
    'APT::Get::List-Cleanup=0',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  runPlain(plain('apt-get', ...options, '-qq', 'update'));
  runPlain({ ...plain('apt-get', ...options, '-qq', 'download', name), cwd: folder });
  const archive = readdirSync(folder).find((file) => file.startsWith(`${name}_`));
  if (archive === undefined) throw new RunFailed(`${suite} has no package ${name}`);
  runPlain(plain('dpkg', '-x', join(folder, archive), target));
  return target;
}

function install(packages: readonly string[]): void {
  const isPresent = (name: string): boolean =>
    spawnSync('dpkg', ['-s', name], { stdio: 'ignore' }).status === 0;
  const missing = packages.filter((name) => !isPresent(name));
  if (missing.length === 0) return;
  const flags = ['-y', '-qq', '--no-install-recommends'];
  runPlain(plain('apt-get', '-qq', 'update'));
  runPlain(plain('apt-get', 'install', ...flags, ...missing));
}

function preparePeer(name: PeerName, folder: string): InstalledPeer {
  const recipe = RECIPES[name];
  install(recipe.installs);
  let program = recipe.program;
  let env: Record<string, string> = {};
  if (recipe.suite !== undefined) {
    const root = unpackBeside(recipe.package, recipe.suite(codename()), join(folder, name));
    program = join(root, 'usr', 'bin', recipe.program);
    const modules = join(root, 'usr', 'lib', 'python3', 'dist-packages');
    if (existsSync(modules)) env = { PYTHONPATH: modules };
  }
  const argv = [program, ...recipe.versionArguments] as [string, ...string[]];
  const said = runPlain({ ...plain(...argv), env });
  return { name, program, env, version: /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim() };
}

export interface Peers {
  readonly installed: readonly InstalledPeer[];
  readonly missing: readonly MissingPeer[];
}

export function preparePeers(names: readonly PeerName[], folder: string): Peers {
  const installed: InstalledPeer[] = [];
  const missing: MissingPeer[] = [];
  if (!isOnPath('/usr/bin/time')) install(['time']);
  for (const name of names) {
    try {
      installed.push(preparePeer(name, folder));
    } catch (error) {
      missing.push({ name, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { installed, missing };
}
