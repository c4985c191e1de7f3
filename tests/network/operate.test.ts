// Goal: a stranger who follows docs/operate/coordinator.md gets a network that saves and gives back. What is printed
// there runs here, line by line, for somebody with an empty home; but for its ports, which may be somebody else's here.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HANG_MS } from '../real/kura.ts';
import { freePort } from './free-port.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = fs.readFileSync(`${ROOT}/docs/operate/coordinator.md`, 'utf8');

const commands = Array.from(PAGE.matchAll(/^```sh\n(.*?)^```$/gms), ([, block = '']) => block);

test('the network on one machine is founded, enrolled, joined, saved to and ended as the page says', async () => {
  assert.ok(commands.length > 5);
  const home = fs.mkdtempSync(`${os.tmpdir()}/kura-operate-`);
  const script = await onFreePorts(['set -e', ...commands].join('\n'));
  const { PATH } = process.env;
  const shell = spawn('bash', ['-c', script], {
    cwd: ROOT,
    detached: true,
    env: { PATH, HOME: home, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: HANG_MS,
    killSignal: 'SIGKILL',
  });
  let said = '';
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on('data', (part: Buffer) => {
      said += part.toString();
    });
  }
  try {
    const code = await new Promise<number | null>((resolve) => shell.once('close', resolve));
    assert.equal(code, 0, said);
    assert.match(said, /2 copies of everything/);
    assert.match(said, /^Nothing differs\.$/m);
    assert.deepEqual(fs.readdirSync(home), [], 'it leaves nothing behind');
  } finally {
    endGroup(shell.pid);
    fs.rmSync(home, { recursive: true, force: true });
  }
});

/** Each port that is named, for one that nobody has. */
async function onFreePorts(script: string): Promise<string> {
  const named = new Set(Array.from(script.matchAll(/127\.0\.0\.1:\d+/g), ([address]) => address));
  let changed = script;
  for (const address of named)
    changed = changed.replaceAll(address, `127.0.0.1:${await freePort()}`);
  return changed;
}

/** Programs that the page has started, if it did not come to its end. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // They have ended, as they should.
  }
}
