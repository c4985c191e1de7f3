// Goal: `kura serve` as systemd sees it: what it ends with, and that a signal ends it well. Real processes; nothing
// but a coordinator is started.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { EXIT } from '@kura/kura/errors/exit-codes.ts';
import { ServedProcess } from './process.ts';

const FILE = `role = "coordinator"
state = "state"
[listen]
address = "127.0.0.1:0"
public = "127.0.0.1:7443"
[database]
url = "network.db"
[gateway]
enabled = false
[health]
address = "127.0.0.1:0"
`;

function begin(test: TestContext, text = FILE) {
  const folder = mkdtempSync(join(tmpdir(), 'kura-serve-'));
  const file = join(folder, 'coordinator.toml');
  writeFileSync(file, text);
  const started: ServedProcess[] = [];
  test.after(async () => {
    for (const one of started) await one.end('SIGKILL');
    rmSync(folder, { recursive: true });
  });
  return (...argv: readonly string[]): ServedProcess => {
    const made = new ServedProcess('coordinator', {
      argv: ['coordinator', '--config', file, ...argv],
    });
    started.push(made);
    return made;
  };
}

describe('kura serve', () => {
  it('ends with 2 for a file that is wrong', async (test) => {
    const serve = begin(test, FILE.replace('state =', 'staet ='));
    assert.equal(await serve().ended, EXIT.usage);
  });

  it('ends with 10 before it is part of a network, and says what to do', async (test) => {
    const serve = begin(test);
    const program = serve();
    assert.equal(await program.ended, EXIT.noNetwork, program.describe());
    assert.match(program.describe(), /kura serve coordinator --found/);
  });

  it('serves until a signal, alone in its state folder, and again after a kill', async (test) => {
    const serve = begin(test);
    assert.equal(await serve('--found', '--operator', 'ada').ended, EXIT.done);
    assert.equal(await serve('--found', '--operator', 'ada').ended, EXIT.failed, 'once only');
    const first = serve();
    const { address } = await first.ready();
    const answer = await fetch(`http://${address}/ready`);
    assert.deepEqual([answer.status, await answer.text()], [200, 'ready\n']);
    assert.equal(await serve().ended, EXIT.busy, 'another process has the folder');
    await first.end('SIGKILL');
    const second = serve();
    await second.ready();
    assert.equal(await second.end('SIGTERM'), EXIT.done, second.describe());
  });
});
