// The verifier that stands alone, as a stranger runs it: one file in a folder of its own, a policy, receipts.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { formatPolicy, toReceiptLine, VERIFIER_NAME, verifierUrl } from '@kura/log';
import { TestLog } from '@kura/log/test-custody.ts';

const folder = mkdtempSync(join(tmpdir(), 'kura-verifier-'));
after(() => rmSync(folder, { recursive: true }));

const log = new TestLog(['w1', 'w2']);
const bodies = [log.snapshotBody(), log.eventBody('moved'), log.eventBody('repaired')];
for (const body of bodies) log.appendBody(body);
const lines = bodies.map(
  (body, index) => `${JSON.stringify(toReceiptLine(log.receipt(body, index)))}\n`,
);

function runAlone(...argv: readonly string[]): { code: number | null; out: string; err: string } {
  const options = { cwd: folder, encoding: 'utf8', env: {} } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [VERIFIER_NAME, ...argv], options);
  return { code: status, out: stdout, err: stderr };
}

describe('the stand-alone verifier as a program', () => {
  copyFileSync(verifierUrl(), join(folder, VERIFIER_NAME));
  writeFileSync(join(folder, 'policy.txt'), formatPolicy(log.policy(2)));
  writeFileSync(join(folder, 'good.jsonl'), lines.join(''));
  writeFileSync(join(folder, 'bad.jsonl'), lines.join('').replace('osaka', 'paris'));

  it('ends with 0 for receipts that are good, and says what they are', () => {
    const { code, out } = runAlone('policy.txt', 'good.jsonl');
    assert.equal(code, 0);
    assert.match(out, /^good {4}3: repaired at 2026-09-21T/m);
    assert.match(out, /^3 receipts good, 3 of them witnessed, 0 refused, 0 contradictions\n$/m);
  });

  it('ends with 1 if one is not, and names it', () => {
    const { code, out } = runAlone('policy.txt', 'bad.jsonl');
    assert.equal(code, 1);
    assert.match(out, /^REFUSED 1: inclusion: not in the log$/m);
  });

  it('ends with 2 if it was given nothing that it can read', () => {
    assert.equal(runAlone('policy.txt').code, 2);
    assert.equal(runAlone('policy.txt', 'missing.jsonl').code, 2);
    const { code, err } = runAlone('good.jsonl', 'good.jsonl');
    assert.deepEqual([code, err.startsWith('policy: ')], [2, true]);
  });
});
