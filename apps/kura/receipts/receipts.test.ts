// Goal: whoever has receipts can see what they prove, and whoever is shown them can check them without this machine.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { KuraError, must } from '@kura/base';
import { EVENT_NAMES, formatPolicy, type Receipt, toReceiptLine } from '@kura/log';
import { run } from '../cli/test-host.ts';
import { FIRST, SECOND, SNAPSHOTS } from '../commands/test-views.ts';
import { type SampleReceipts, sampleReceipts } from './test-receipts.ts';

const folder = mkdtempSync(join(tmpdir(), 'kura-receipts-'));
after(() => rmSync(folder, { recursive: true }));

const good = sampleReceipts(FIRST.id);
const answersOf = ({ port }: SampleReceipts) => ({
  answers: { snapshots: SNAPSHOTS, receipts: port },
});
const unwitnessed = (receipt: Receipt): Receipt => ({
  ...receipt,
  checkpoint: receipt.checkpoint.replace(/— w2.*\n/, ''),
  witnessed: false,
});

describe('kura receipts', () => {
  it('A16: shows every event of custody in the order of the log, and that witnesses saw it', async () => {
    const { code, out } = await run(['receipts'], answersOf(good));
    assert.equal(code, 0);
    const rows = out.trimEnd().split('\n').slice(1);
    assert.equal(rows.length, 1 + EVENT_NAMES.length);
    for (const [at, name] of ['accepted', ...EVENT_NAMES].entries()) {
      assert.match(must(rows[at], 'a row'), new RegExp(` ${name} +${at} +valid +witnessed `));
    }
  });

  it('shows those of one snapshot, and what it proves in words', async () => {
    const listed = await run(['receipts', FIRST.id.slice(0, 8)], answersOf(good));
    assert.equal(listed.out.trimEnd().split('\n').length, 2);
    const shown = await run(['receipts', 'show', FIRST.id.slice(0, 8)], answersOf(good));
    assert.match(shown.out, /^2 copies in osaka, chacha20$/m);
    assert.match(shown.out, /^seen by w2.example at .*\nwitnessed$/m);
    const entry = await run(['receipts', 'show', '--entry', '3'], answersOf(good));
    assert.match(entry.out, /repaired to osaka/);
    assert.equal((await run(['receipts', 'show', '--entry', '99'], answersOf(good))).code, 1);
    assert.equal((await run(['receipts', 'show'], answersOf(good))).code, 2);
  });

  it('one that too few witnesses have seen yet is valid, and not witnessed', async () => {
    const late = sampleReceipts(FIRST.id, unwitnessed);
    const { code, out } = await run(['receipts'], answersOf(late));
    assert.equal(code, 0);
    assert.match(out, /accepted +0 +valid +unwitnessed/);
  });

  it('fails with 13 if one does not verify, and says why', async () => {
    const spoilt = sampleReceipts(FIRST.id, (receipt, at) =>
      at === 4 ? { ...receipt, inclusionProof: [] } : receipt,
    );
    const { code, out } = await run(['receipts'], answersOf(spoilt));
    assert.equal(code, 13);
    assert.match(out, /deleted +4 +NOT VALID \(inclusion\)/);
  });

  it('a good receipt of another snapshot proves nothing about this one', async () => {
    const [other] = sampleReceipts(SECOND.id).kept;
    const swapped = sampleReceipts(FIRST.id, (receipt, at) =>
      at === 0 ? must(other, 'one').receipt : receipt,
    );
    const { code, out } = await run(['receipts', FIRST.id.slice(0, 8)], answersOf(swapped));
    assert.equal(code, 13);
    assert.match(out, /NOT VALID \(subject\)/);
  });

  it('an event that is missing from the chain is named', async () => {
    const holed: SampleReceipts = { ...good, port: { ...good.port } };
    const port = { ...holed.port, ofEvents: () => without(good, 3) };
    const { code, err } = await run(['receipts'], answersOf({ ...holed, port }));
    assert.equal(code, 0);
    assert.match(err, /follows an event of which no receipt is here/);
  });
});

async function* without({ kept }: SampleReceipts, leafIndex: number) {
  yield* kept.filter((one) => one.snapshotId === undefined && one.receipt.leafIndex !== leafIndex);
}

describe('kura receipts export, policy, verify', () => {
  const target = join(folder, 'proofs');

  it('hands out receipts, whom to believe, and a verifier that needs nothing else', async () => {
    const { code, out } = await run(['receipts', 'export', '--output', target], answersOf(good));
    assert.equal(code, 0, out);
    const policy = await run(['receipts', 'policy'], answersOf(good));
    assert.equal(policy.out, readFileSync(join(target, 'policy.txt'), 'utf8'));
    const argv = ['kura-receipts.mjs', 'policy.txt', 'receipts.jsonl'];
    const alone = spawnSync(process.execPath, argv, { cwd: target, encoding: 'utf8' });
    assert.equal(alone.status, 0, alone.stdout);
    assert.match(alone.stdout, /^8 receipts good, 8 of them witnessed/m);
  });

  it('never writes over anything', async () => {
    const again = await run(['receipts', 'export', '--output', target], answersOf(good));
    assert.equal(again.code, 1);
    assert.match(again.err, /is not empty/);
  });

  it('verifies an export offline: nothing is opened but the files', async () => {
    const argv = ['receipts', 'verify', join(target, 'receipts.jsonl')];
    const ran = await run([...argv, '--policy', join(target, 'policy.txt')]);
    assert.equal(ran.code, 0, ran.err);
    assert.equal(ran.settings, undefined);
    assert.equal(ran.out, '8 good, 8 of them witnessed, 0 refused, 0 contradictions, 0 gaps\n');
  });

  it('verifies what --json wrote, under the keys that this device has pinned', async () => {
    const { out } = await run(['receipts', '--json'], answersOf(good));
    const file = join(folder, 'listed.jsonl');
    writeFileSync(file, out);
    const ran = await run(['receipts', 'verify', file, '--json'], answersOf(good));
    const last = JSON.parse(must(ran.out.trimEnd().split('\n').at(-1), 'a last line'));
    assert.deepEqual(last, {
      ...{ message_type: 'summary', good: 8, witnessed: 8, refused: 0 },
      ...{ contradictions: 0, gaps: 0 },
    });
  });

  it('refuses what too few witnesses have seen, what is no receipt, and two histories', async () => {
    const policy = join(folder, 'policy.txt');
    writeFileSync(policy, formatPolicy(await good.port.policy()));
    const verify = async (name: string, lines: readonly string[]) => {
      const file = join(folder, name);
      writeFileSync(file, lines.join('\n'));
      return await run(['receipts', 'verify', file, '--policy', policy]);
    };
    const lineOf = (receipt: Receipt): string => JSON.stringify(toReceiptLine(receipt));
    const [first, second] = good.kept.map(({ receipt }) => receipt);
    const late = await verify('late.jsonl', [lineOf(unwitnessed(must(first, 'one')))]);
    assert.equal(late.code, 13);
    assert.match(late.out, /late\.jsonl:1: NOT VALID \(quorum\)/);
    const nonsense = await verify('nonsense.jsonl', ['', lineOf(must(first, 'one')), '{}']);
    assert.equal(nonsense.code, 13);
    assert.match(nonsense.out, /nonsense\.jsonl:3: NOT VALID \(malformed\)/);
    const { log: other } = sampleReceipts(FIRST.id);
    other.appendBody(other.snapshotBody());
    const body = other.eventBody('settled', null);
    const rival = other.receipt(body, other.appendBody(body));
    const { log } = sampleReceipts(FIRST.id);
    for (let entry = 0; entry < 2; entry++) log.appendBody(log.eventBody('moved', null));
    const own = log.receipt(must(second, 'another').body, 1);
    const split = await verify('split.jsonl', [lineOf(own), lineOf(rival)]);
    assert.equal(split.code, 13);
    assert.match(split.out, /^split-view: the log signed two heads of 10 entries/m);
  });

  it('where no network is, it asks for a policy', async () => {
    const receipts = () => Promise.reject(new KuraError('no_network', 'there is none'));
    const ran = await run(['receipts', 'verify', join(target, 'receipts.jsonl')], {
      answers: { receipts },
    });
    assert.equal(ran.code, 10);
    assert.match(ran.err, /--policy FILE/);
  });

  it('an empty file proves nothing', async () => {
    const file = join(folder, 'empty.jsonl');
    writeFileSync(file, '\n');
    assert.equal((await run(['receipts', 'verify', file], answersOf(good))).code, 2);
    assert.equal((await run(['receipts', 'verify', '/nowhere'], answersOf(good))).code, 1);
  });
});
