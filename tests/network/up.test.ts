// Goal: a stranger sees a whole network with one command. `kura up` in an empty folder; what it prints is pasted
// into a shell, line by line: join, save, get back, and the operator's look. It ends on Ctrl-C, starts again on the
// same folder, and leaves no process behind when it is killed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HANG_MS, KURA, PASSPHRASE } from '../real/kura.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Up {
  /** What it has printed, up to the line that is awaited. */
  readonly lines: readonly string[];
  readonly pid: number;
  readonly ended: Promise<number | null>;
}

describe('kura up', () => {
  let folder = '';
  const running = new Set<number>();

  before(() => {
    folder = fs.mkdtempSync(`${os.tmpdir()}/kura-up-`);
  });
  after(() => {
    for (const pid of running) process.kill(pid, 'SIGKILL');
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** Resolves with the first line that is wanted, from standard output or, of messages, standard error. */
  async function up(isWanted: (line: string) => boolean, ...options: string[]): Promise<Up> {
    const child = spawn(KURA, ['up', ...options, `${folder}/network`], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
    const { pid } = child;
    assert.ok(pid !== undefined);
    running.add(pid);
    const lines: string[] = [];
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => {
        running.delete(pid);
        resolve(code);
      });
    });
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
          lines.push(line);
          if (isWanted(line)) resolve();
        });
      }
      void ended.then(() => reject(new Error(lines.join('\n'))));
    });
    return { lines, pid, ended };
  }

  /** A line as somebody pastes it who has answered both questions for a passphrase. */
  function paste(line: string): Promise<{ readonly code: number | null; readonly out: string }> {
    const { PATH } = process.env;
    const shell = spawn('bash', ['-c', line], {
      cwd: ROOT,
      env: {
        ...{ PATH, HOME: folder, NO_COLOR: '1', KURA_PASSPHRASE: PASSPHRASE },
        KURA_LOGIN_PASSPHRASE: 'another one, to log in',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: HANG_MS,
      killSignal: 'SIGKILL',
    });
    let out = '';
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.on('data', (part: Buffer) => {
        out += part.toString();
      });
    }
    return new Promise((resolve) => shell.once('close', (code) => resolve({ code, out })));
  }

  it('prints lines that make a member who saves and gets back, and ends on Ctrl-C', async () => {
    const { lines, pid, ended } = await up((line) => line.includes('operator stores list'));
    const pasted = lines.filter((line) => line.includes(`${KURA} `));
    assert.equal(pasted.length, 4, lines.join('\n'));
    for (const line of pasted) {
      const { code, out } = await paste(line);
      assert.equal(code, 0, `${line}\n${out}`);
      if (line.includes('stores list')) assert.equal(out.match(/ active /g)?.length, 3, out);
    }
    const back = `${folder}/network/back${ROOT}docs`;
    assert.deepEqual(fs.readdirSync(back), fs.readdirSync(`${ROOT}docs`));
    const page = 'glossary.md';
    assert.equal(
      fs.readFileSync(`${back}/${page}`, 'utf8'),
      fs.readFileSync(`${ROOT}docs/${page}`, 'utf8'),
    );
    process.kill(pid, 'SIGINT');
    assert.equal(await ended, 0, lines.join('\n'));
  });

  it('starts again on the same folder, for scripts as well, and leaves nothing behind when it is killed', async () => {
    const { lines, pid, ended } = await up((line) => line.includes('"up"'), '--json');
    const shown = JSON.parse(lines.find((line) => line.includes('"up"')) ?? '') as {
      readonly join: string;
      readonly programs: readonly { readonly name: string; readonly role: string }[];
    };
    assert.match(shown.join, /--account member-2 /);
    assert.equal(shown.programs.length, 9);
    const member = `${KURA} --kura-home ${folder}/network/member-1`;
    const { code, out } = await paste(`${member} snapshots --json`);
    assert.equal(code, 0, out);
    assert.equal((JSON.parse(out) as unknown[]).length, 1, 'what was saved before is there');
    // A reader only looks into the state of its store.
    const holders = shown.programs.filter(({ role }) => role !== 'reader');
    assert.equal(holders.length, 7);
    const gone = holders.map(({ name }) => released(`${folder}/network/${name}/state`));
    process.kill(pid, 'SIGKILL');
    await ended;
    await Promise.all(gone);
  });

  it('refuses a folder that holds something else', async () => {
    const { code, out } = await paste(`${KURA} up ${folder}`);
    assert.equal(code, 1, out);
    assert.match(out, /holds something, and no network of kura up/);
  });
});

/** Resolves when the program of this state folder has ended well: then it gives its lock back. */
function released(state: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = fs.watch(state, () => {
      if (fs.existsSync(`${state}/lock`)) return;
      watcher.close();
      resolve();
    });
  });
}
