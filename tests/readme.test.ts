// Goal: the README is true. Its tour runs here as it is printed, line by line, for somebody with an empty home;
// so does `npm start`, twice, on a small folder. What stands in the pages for operators is checked against
// the program where it can drift.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EXIT, EXIT_MEANINGS } from '@kura/kura/errors/exit-codes.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** What `npm start` is in package.json. */
const START = ['scripts/with-node.mjs', 'scripts/start.ts'];

let home = '';

before(() => {
  home = mkdtempSync(join(tmpdir(), 'kura-readme-'));
});

after(() => rmSync(home, { recursive: true }));

/** What is under a heading, up to the next one. */
function section(title: string): string {
  return README.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';
}

function commandsOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/^```sh\n(.*?)^```$/gms), (match) => match[1] ?? '').flatMap(
    (block) => block.trimEnd().split('\n'),
  );
}

/** In one shell, as a person types it: each line must end as the README says, or with 0. */
function scriptOf(lines: readonly string[]): string {
  return lines
    .map((line) => {
      const expected = /# ends with (\d+)$/.exec(line)?.[1] ?? '0';
      return `${line}\n[ $? = ${expected} ] || { echo 'not as printed:' '${line.replaceAll("'", '"')}' >&2; exit 1; }`;
    })
    .join('\n');
}

function run(command: string, argv: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const { PATH } = process.env;
  const { status, stdout, stderr } = spawnSync(command, argv, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { PATH, HOME: home, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { status, stdout, stderr };
}

describe('the tour in the README', () => {
  it('ends as it says, line by line', () => {
    const lines = commandsOf(section('A tour'));
    assert.ok(lines.length > 20);
    const { status, stdout, stderr } = run('bash', ['-c', scriptOf(lines)]);
    assert.equal(stderr.match(/not as printed.*/)?.[0], undefined);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /Dear Hana, the plum tree is in bloom\./);
    assert.match(stdout, /1 of 2 copies intact/);
    assert.match(stdout, /The storm took the roof, and nothing else\.\n/);
  });

  it('has one block of commands that set everything up', () => {
    assert.deepEqual(commandsOf(section('Two commands')), ['npm start', 'npm test']);
  });

  it('runs npm start as package.json does', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    assert.equal(scripts.start, ['node', ...START].join(' '));
  });

  it('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const named = Array.from(README.matchAll(/npm run ([a-z:-]+)/g), (match) => match[1]);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((name) => !(String(name) in scripts)),
      [],
    );
  });

  it('leads to exit codes that are those of the program', () => {
    const page = readFileSync(join(ROOT, 'docs/operate/everyday.md'), 'utf8');
    const rows = Array.from(page.matchAll(/^\| (\d+) \| (.+) \|$/gm), ([, code, meaning]) => [
      Number(code),
      meaning,
    ]);
    assert.deepEqual(rows, EXIT_MEANINGS);
  });
});

describe('npm start', () => {
  it('loses a store, brings everything back, and does so again', () => {
    const folder = join(home, 'photographs');
    const kuraHome = join(home, 'demonstration', 'kura');
    mkdirSync(folder);
    writeFileSync(join(folder, 'plum.jpg'), 'white');
    const start = () => run(process.execPath, [...START, folder], { KURA_HOME: kuraHome });
    const first = start();
    assert.equal(first.stderr, '');
    assert.equal(first.status, EXIT.done);
    assert.match(first.stdout, /Losing Ishikari/);
    assert.match(first.stdout, /Nothing differs\./);
    assert.match(first.stdout, /everything is whole/);
    const passphrase = readFileSync(join(kuraHome, 'passphrase.txt'), 'utf8').trim();
    assert.ok(first.stdout.includes(passphrase));

    writeFileSync(join(folder, 'cherry.jpg'), 'red');
    const second = start();
    assert.equal(second.status, EXIT.done, second.stderr);
    assert.match(second.stdout, /Ishikari \(Sapporo\), lost the last time, is back/);
    assert.match(second.stdout, /1 new, 0 changed, 1 as before/);
    assert.match(second.stdout, /\(incremental\), 2 copies/);
    assert.match(second.stdout, /Nothing differs\./);
    assert.ok(!second.stdout.includes(passphrase));
    assert.equal(readdirSync(`${kuraHome}-restored`).length, 2);
  });

  it('never loses a store of somebody’s own network', () => {
    const own = join(home, 'own');
    const environment = { KURA_HOME: own, KURA_PASSPHRASE: 'four words and a rainy day' };
    const argv = ['--store', `${home}/a=Osaka`, '--store', `${home}/b=Frankfurt`];
    assert.equal(run(join(ROOT, 'kura'), ['init', ...argv], environment).status, EXIT.done);
    const started = run(process.execPath, START, environment);
    assert.equal(started.status, EXIT.refused);
    assert.match(started.stderr, /is your own/);
    assert.deepEqual(
      readdirSync(home).filter((name) => name.endsWith('.lost')),
      [],
    );
  });
});
