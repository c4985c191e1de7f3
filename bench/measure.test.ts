// Goal: what a run cost is what the kernel counted for it and its children.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { measure, RunFailed } from './measure.ts';

const MIB = 2 ** 20;
const hasTime = existsSync('/usr/bin/time');

async function run(script: string): Promise<Awaited<ReturnType<typeof measure>>> {
  const scratch = mkdtempSync(join(tmpdir(), 'kura-bench-test-'));
  try {
    return await measure({ argv: ['sh', '-c', script], env: {}, cwd: '/' }, scratch);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

test('the peak is that of the largest process, also of a child', async () => {
  if (!hasTime) return assert.rejects(run('true'), /ENOENT/);
  const hungry = `${process.execPath} -e 'Buffer.alloc(${300 * MIB}, 1); console.log("done")'`;
  const measured = await run(`${hungry}; true`);
  assert.ok(measured.peakBytes > 300 * MIB);
  assert.ok(measured.cpuSeconds > 0);
  assert.equal(measured.output, 'done\n');
});

test('a run that fails says what the program said', async () => {
  if (!hasTime) return assert.rejects(run('true'), /ENOENT/);
  await assert.rejects(run('echo "no space" >&2; exit 3'), (error) => {
    return error instanceof RunFailed && /exit code 3: no space/.test(error.message);
  });
});
