import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { must } from '@kura/base';
import { type ProcessName, systemProcesses } from './processes.ts';

test('a real process is alive until it is dead; its number alone proves nothing', async () => {
  const { self, liveness } = systemProcesses();
  assert.equal(liveness(self), 'alive');
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  const pid = must(child.pid, 'a child has a number');
  await once(child, 'spawn');
  const script = `import('${import.meta.resolve('./processes.ts')}').then((module) =>
    console.log(JSON.stringify(module.systemProcesses().self)))`;
  const named = spawn(process.execPath, ['-e', `${script}; process.stdin.resume()`]);
  const [line] = (await once(named.stdout, 'data')) as [Buffer];
  const name = JSON.parse(line.toString()) as ProcessName;
  assert.equal(name.pid, named.pid);
  assert.equal(liveness(name), 'alive');
  if (self.started !== '') {
    const reused = { ...name, pid };
    assert.equal(liveness({ ...reused, started: '1' }), 'dead', 'another process has its number');
  }
  child.kill('SIGKILL');
  named.kill('SIGKILL');
  await Promise.all([once(child, 'close'), once(named, 'close')]);
  assert.equal(liveness(name), 'dead');
});

test('a reboot ends every process; another machine or container is not judged', () => {
  const { self, liveness } = systemProcesses();
  assert.equal(liveness({ ...self, boot: 'another' }), 'dead');
  assert.equal(liveness({ ...self, started: 'another' }), 'dead');
  assert.equal(liveness({ ...self, host: 'elsewhere' }), 'unknown');
  assert.equal(liveness({ ...self, pidSpace: 'another' }), 'unknown');
});
