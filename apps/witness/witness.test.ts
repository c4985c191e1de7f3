import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8 } from '@kura/base';
import { SIZE_TYPE } from '@kura/contract/wire/add-checkpoint.ts';
import { ed25519PublicKey, openCosignature, parseNote } from '@kura/log';
import { ManualClock, MemoryDisk, SeededRandom } from '@kura/testing';
import type { Judgement } from './judge.ts';
import { KeptCheckpoints } from './kept-checkpoints.ts';
import { LOG, ORIGIN, TestLog } from './test-log.ts';
import { Witness } from './witness.ts';

const SIGNER = { name: 'witness.example/w1', seed: new Uint8Array(32).fill(9) };
const KEY = { name: SIGNER.name, publicKey: ed25519PublicKey(SIGNER.seed) };
const STATE = '/state';

async function newWitness(disk = new MemoryDisk()) {
  await KeptCheckpoints.found({ disk }, STATE);
  const judged: Judgement['kind'][] = [];
  const clock = new ManualClock();
  const witness = new Witness({
    signer: SIGNER,
    kept: KeptCheckpoints.open({ disk, random: new SeededRandom(1) }, STATE),
    logs: () => new Map([[ORIGIN, LOG]]),
    nowMs: () => clock.nowMs(),
    onJudged: (_, kind) => judged.push(kind),
  });
  return { witness, judged, disk, clock };
}

describe('a witness', () => {
  it('cosigns a log that only grows, with its time, step by step', async () => {
    const { witness, clock } = await newWitness();
    const log = TestLog.of(3);
    for (const oldSize of [0, 3, 10, 300]) {
      log.grow(Math.max(0, oldSize - log.size));
      const target = TestLog.of(
        oldSize === 0 ? 3 : oldSize === 3 ? 10 : oldSize === 10 ? 300 : 301,
      );
      clock.advance(60_000);
      const { status, text } = await witness.addCheckpoint(target.ask({ oldSize }));
      assert.equal(status, 200, text);
      const note = parseNote(`${target.checkpoint()}${text}`);
      const timeMs = Math.floor(clock.nowMs() / 1000) * 1000;
      assert.deepEqual(openCosignature(note, KEY), { witness: KEY, timeMs });
    }
  });

  it('cosigns the same checkpoint again, and after a restart goes on where it was', async () => {
    const { witness, disk } = await newWitness();
    const log = TestLog.of(5);
    assert.equal((await witness.addCheckpoint(log.ask({ oldSize: 0 }))).status, 200);
    assert.equal((await witness.addCheckpoint(log.ask({ oldSize: 5 }))).status, 200);
    const again = (await newWitness(disk)).witness;
    const behind = await again.addCheckpoint(log.grow(1).ask({ oldSize: 0 }));
    assert.deepEqual(behind, { status: 409, type: SIZE_TYPE, text: '5\n' });
    assert.equal((await again.addCheckpoint(log.ask({ oldSize: 5 }))).status, 200);
  });

  const log = TestLog.of(8);
  const strange = new Uint8Array(32).fill(1);
  for (const [why, body, status] of [
    ['no request', utf8('hello'), 400],
    ['an old size with a zero before it', utf8(`old 05\n\n${log.checkpoint()}`), 400],
    ['an old size above the new one', log.ask({ oldSize: 9 }), 400],
    ['no checkpoint', utf8('old 5\n\nhello'), 400],
    [
      'a log that it does not know',
      utf8(`old 0\n\n${log.checkpoint().replace(ORIGIN, 'other')}`),
      404,
    ],
    ['another key than the log has', log.ask({ oldSize: 5, seed: strange }), 403],
    [
      'a signature of another text',
      utf8(`old 5\n\n${log.checkpoint().replace('\n8\n', '\n9\n')}`),
      403,
    ],
    ['a proof of another log', log.ask({ oldSize: 5, proof: TestLog.of(8, 'x').proof(5) }), 422],
    ['no proof', log.ask({ oldSize: 5, proof: [] }), 422],
    ['another history', TestLog.of(8, 'x').ask({ oldSize: 5 }), 422],
    ['two heads of one size', TestLog.of(5, 'x').ask({ oldSize: 5 }), 409],
    ['a proof from elsewhere', log.ask({ oldSize: 4 }), 409],
  ] as const) {
    it(`refuses ${why} with ${status}, and forgets nothing`, async () => {
      const { witness } = await newWitness();
      const known = TestLog.of(5);
      assert.equal((await witness.addCheckpoint(known.ask({ oldSize: 0 }))).status, 200);
      assert.equal((await witness.addCheckpoint(body)).status, status);
      assert.equal((await witness.addCheckpoint(log.ask({ oldSize: 5 }))).status, 200);
    });
  }

  it('R17: of two requests from the same size, one wins, and the log is not rolled back', async () => {
    const { witness } = await newWitness();
    const answers = await Promise.all([
      witness.addCheckpoint(log.ask({ oldSize: 0, size: 8 })),
      witness.addCheckpoint(log.ask({ oldSize: 0, size: 6 })),
    ]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 409],
    );
    assert.equal((await witness.addCheckpoint(log.ask({ oldSize: 8 }))).status, 200);
  });

  it('keeps both signed heads of a log that lies, and names it', async () => {
    const { witness, judged, disk } = await newWitness();
    await witness.addCheckpoint(TestLog.of(5).ask({ oldSize: 0 }));
    const lie = TestLog.of(5, 'x');
    await witness.addCheckpoint(lie.ask({ oldSize: 5 }));
    assert.deepEqual(judged, ['consistent', 'forked']);
    const [name, ...others] = disk.list(`${STATE}/evidence`).map((entry) => entry.name);
    assert.deepEqual(others, []);
    const file = disk.openRead(`${STATE}/evidence/${name}`);
    const bytes = new Uint8Array(file.sizeBytes());
    file.read(bytes, 0);
    const text = Buffer.from(bytes).toString('utf8');
    assert.equal(text, `${TestLog.of(5).checkpoint()}\n${lie.checkpoint()}`);
  });

  it('does not take a damaged memory for a log that is new', async () => {
    const { witness, disk } = await newWitness();
    await witness.addCheckpoint(log.ask({ oldSize: 0 }));
    const [kept] = disk.list(`${STATE}/logs`);
    disk.unlink(`${STATE}/logs/${kept?.name}`);
    disk.create(`${STATE}/logs/${kept?.name}`).close();
    const again = (await newWitness(disk)).witness;
    await assert.rejects(again.addCheckpoint(log.ask({ oldSize: 0 })), {
      code: 'corrupt',
    });
  });
});
