// Goal: one command sets everything up, whatever ran before and whatever else runs now. The bootstrap runs
// for real in a folder of its own; in npm's place stands a script that counts its calls and "installs" a
// link to the Node that runs these tests.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const NODE = realpathSync(process.execPath);
const LOCK = JSON.stringify({ packages: { '': {}, 'node_modules/x': { integrity: 'sha512-1' } } });

/** Stands in for npm: notes its arguments, waits a moment by itself, links Node, writes npm's record. */
const FAKE_NPM = `
const fs = require('node:fs');
fs.appendFileSync('npm-calls', process.argv.slice(2).join(' ') + '\\n');
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
if (process.env.FAKE_NPM_FAILS) process.exit(1);
const bin = 'node_modules/node-' + process.platform + '-' + process.arch + '/bin';
fs.mkdirSync(bin, { recursive: true });
fs.symlinkSync(${JSON.stringify(NODE)}, bin + '/node');
fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
`;

let root = '';

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'kura-bootstrap-')));
  mkdirSync(join(root, 'scripts'));
  copyFileSync(join(HERE, 'with-node.mjs'), join(root, 'scripts/with-node.mjs'));
  writeFileSync(join(root, 'package-lock.json'), LOCK);
  writeFileSync(join(root, 'fake-npm.js'), FAKE_NPM);
  writeFileSync(
    join(root, 'hello.ts'),
    'const a: string[] = process.argv.slice(2);\nconsole.log(a);\n',
  );
});

afterEach(() => rmSync(root, { recursive: true }));

function start(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = {
    ...process.env,
    npm_execpath: join(root, 'fake-npm.js'),
    npm_node_execpath: NODE,
    ...environment,
  };
  const child = spawn(NODE, [join(root, 'scripts/with-node.mjs'), ...argv], { env, cwd: tmpdir() });
  const text = { out: '', err: '' };
  child.stdout.on('data', (bytes) => (text.out += bytes));
  child.stderr.on('data', (bytes) => (text.err += bytes));
  return { child, text };
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = await once(child, 'close');
  return code;
}

async function run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { child, text } = start(argv, environment);
  const code = await ended(child);
  return { code, ...text };
}

function npmCalls(): string[] {
  const path = join(root, 'npm-calls');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

describe('the bootstrap', () => {
  it('installs once, without install scripts, says so, and then runs the script', async () => {
    const first = await run(['hello.ts', 'a b', '--json']);
    assert.equal(first.code, 0);
    assert.match(first.err, /installing what is missing/);
    assert.equal(first.out, "[ 'a b', '--json' ]\n");
    assert.match(npmCalls()[0] ?? '', /^ci --ignore-scripts /);
    const again = await run(['hello.ts']);
    assert.equal(again.code, 0);
    assert.equal(again.err, '');
    assert.equal(npmCalls().length, 1);
  });

  it('installs again when the lockfile has changed, whatever the times of files', async () => {
    await run(['hello.ts']);
    writeFileSync(join(root, 'package-lock.json'), LOCK.replace('sha512-1', 'sha512-2'));
    rmSync(join(root, 'node_modules'), { recursive: true });
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'node_modules/.package-lock.json'), LOCK);
    await run(['hello.ts']);
    assert.equal(npmCalls().length, 2);
  });

  it('installs once when three start at the same time', async () => {
    const all = ['1', '2', '3'].map((argument) => run(['hello.ts', argument]));
    const codes = (await Promise.all(all)).map(({ code }) => code);
    assert.deepEqual(codes, [0, 0, 0]);
    assert.equal(npmCalls().length, 1);
    assert.ok(!existsSync(join(root, '.kura/install.lock')));
  });

  it('waits for an installation that is under way', async () => {
    const lock = join(root, '.kura/install.lock');
    mkdirSync(join(root, '.kura'));
    writeFileSync(lock, String(process.pid));
    const { child, text } = start(['hello.ts']);
    await once(child.stderr, 'data');
    assert.match(text.err, /waiting for another installation/);
    assert.equal(npmCalls().length, 0);
    rmSync(lock);
    assert.equal(await ended(child), 0);
    assert.equal(npmCalls().length, 1);
  });

  it('takes over from one that was killed while it installed', async () => {
    const dead = spawn(NODE, ['--eval', '']);
    await ended(dead);
    mkdirSync(join(root, '.kura'));
    writeFileSync(join(root, '.kura/install.lock'), String(dead.pid));
    const { code } = await run(['hello.ts']);
    assert.equal(code, 0);
    assert.equal(npmCalls().length, 1);
  });

  it('says what to do when the installation fails, and lets the next one try', async () => {
    const { code, err } = await run(['hello.ts'], { FAKE_NPM_FAILS: '1' });
    assert.equal(code, 1);
    assert.match(err, /kura: the installation failed\n {6}Run `npm ci` in/);
    assert.equal((await run(['hello.ts'])).code, 0);
  });

  it('passes on exit codes and signals', async () => {
    await run(['hello.ts']);
    writeFileSync(join(root, 'seven.ts'), 'process.exit(7);\n');
    assert.equal((await run(['seven.ts'])).code, 7);
    const wait = "process.on('SIGTERM', () => process.exit(9));\nsetInterval(() => 0, 9e6);\n";
    writeFileSync(join(root, 'wait.ts'), `${wait}console.log('ready');\n`);
    const { child } = start(['wait.ts']);
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    assert.equal(await ended(child), 9);
  });
});

describe('./kura', () => {
  const kura = join(HERE, '../kura');

  it('runs through a link, from any folder, with the bundled Node', async () => {
    const link = join(root, 'k');
    symlinkSync(kura, join(root, 'first'));
    symlinkSync('first', link);
    const child = spawn(link, ['--version'], { cwd: tmpdir() });
    let out = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    assert.equal(await ended(child), 0);
    assert.match(out, /^\d+\.\d+\.\d+\n$/);
  });

  it('installs first where nothing is installed yet', async () => {
    copyFileSync(kura, join(root, 'kura'));
    mkdirSync(join(root, 'apps/kura'), { recursive: true });
    writeFileSync(join(root, 'apps/kura/main.ts'), 'console.log(process.argv.slice(2));\n');
    const env = {
      ...process.env,
      npm_execpath: join(root, 'fake-npm.js'),
      npm_node_execpath: NODE,
    };
    const child = spawn('sh', [join(root, 'kura'), 'snapshots'], { cwd: tmpdir(), env });
    let out = '';
    child.stdout.on('data', (bytes) => (out += bytes));
    assert.equal(await ended(child), 0);
    assert.equal(out, "[ 'snapshots' ]\n");
  });
});
