// Goal: a secret typed at a terminal is read and never shown. A real pseudo-terminal, made by script(1).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';

const TERMINAL = new URL('./terminal.ts', import.meta.url).href;
const PROGRAM = `
import { processTerminal } from '${TERMINAL}';
const answer = await processTerminal.askSecret('Secret: ').catch((error) => error.code);
console.log('<' + [...answer].reverse().join('') + '>');
`;

/** What the screen shows when `typed` is the answer to the question. */
async function screenOf(typed: string): Promise<string> {
  const node = [process.execPath, '--input-type=module', '--eval', PROGRAM];
  const quoted = node.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const argv =
    process.platform === 'linux' ? ['-qec', quoted, '/dev/null'] : ['-q', '/dev/null', ...node];
  const child = spawn('script', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  let screen = '';
  child.stdout.on('data', (bytes) => {
    const isAsked = screen.includes('Secret: ');
    screen += bytes;
    if (!isAsked && screen.includes('Secret: ')) child.stdin.write(typed);
  });
  await once(child, 'close');
  return screen;
}

describe('a secret typed at a terminal', () => {
  it('is read, and not shown', async () => {
    const screen = await screenOf('abc蔵\r');
    assert.match(screen, /Secret: \r?\n<蔵cba>/);
    assert.ok(!screen.includes('abc'));
  });

  it('can be given up with Ctrl-C', async () => {
    const screen = await screenOf('abc\x03');
    assert.match(screen, /<detpurretni>/);
    assert.ok(!screen.includes('abc'));
  });
});
