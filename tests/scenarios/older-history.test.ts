// Goal: whoever puts older tables in place of the newer ones, takes snapshots out of them, or brings forgotten ones
// back, is seen by the next restore and the next check; nothing is written before a person says so (R15). What else may
// happen to a history: `apps/agent/heads`.
import assert from 'node:assert/strict';
import { cpSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, beforeEach, describe, it } from 'node:test';
import { assertOneSentence, lastRecord, Scene } from '../real/scene.ts';

describe('R15: a history that is not the one that was known', () => {
  let scene: Scene;
  /** The oldest first. */
  let ids: string[];

  const tables = (): string => join(scene.home, 'network.db');
  const memory = (): string => join(scene.home, 'member/heads.sealed');
  const letter = (): string => join(scene.source, 'letter.txt');
  const save = async (text: string): Promise<void> => {
    writeFileSync(letter(), text);
    const saved = lastRecord(await scene.done('backup', scene.source, '--json'));
    ids.push(String(saved.snapshot_id));
  };
  const findingsOf = async (): Promise<string[]> => {
    const { history } = lastRecord(await scene.ends(23, ['check', '--json'])) as {
      history: { findings: readonly { readonly kind: string; readonly snapshot_id: string }[] };
    };
    return history.findings.map(({ kind, snapshot_id }) => `${kind} ${ids.indexOf(snapshot_id)}`);
  };

  before(async () => {
    scene = await Scene.founded({ copies: 2 });
    ids = [];
    await save('one');
    await save('two');
    cpSync(tables(), scene.path('two.db'));
    await save('three');
    scene.keep('three');
  });
  beforeEach(() => scene.bringBack('three'));
  after(() => scene.close());

  it('an honest one: a restore says what is newest known, and since when it is in the log', async () => {
    const restored = await scene.done('restore', 'latest', '--target', scene.path('honest'));
    assert.match(restored.err, /newest known: [0-9a-f]{8} of .* in the log since .* not witnessed/);
  });

  it('older tables: nothing is restored, what is gone is named, and both go on if told to', async () => {
    cpSync(scene.path('two.db'), tables());
    const target = scene.path('older');
    const refused = await scene.ends(23, ['restore', 'latest', '--target', target]);
    assertOneSentence(refused, /history ends before what is known here: 1 snapshot/);
    assert.ok(!existsSync(target));
    assert.equal((await scene.ends(23, ['dump', 'latest', letter()])).out, '');
    const [evidence] = globSync('incidents/history-*.json', { cwd: scene.home });
    const { body } = JSON.parse(readFileSync(join(scene.home, String(evidence)), 'utf8'));
    assert.equal(body.findings[0].snapshotId, ids[2]);
    await scene.done('restore', 'latest', '--target', target, '--accept-older');
    assert.deepEqual(await findingsOf(), ['older 2'], 'a restore accepts once');
    await scene.done('check', '--accept-older');
    const checked = await scene.done('check');
    assert.match(checked.err, /without 1 snapshot that --accept-older gave up/);
  });

  it('older tables that go on from there: what is saved since names the snapshot that is gone', async () => {
    cpSync(scene.path('two.db'), tables());
    const warned = await scene.done('backup', scene.source);
    assert.match(warned.err, /history is not as it is known here: 1 snapshot/);
    writeFileSync(memory(), '');
    assert.deepEqual(await findingsOf(), ['missing 2'], 'also without a memory');
  });

  it('a row that was taken out, and an order to forget that the owner did not sign', async () => {
    const database = new DatabaseSync(tables());
    database.prepare('delete from snapshots where snapshot_id = ?').run(String(ids[1]));
    database
      .prepare('insert into forget_orders select member_id, 9, ?, 1, zeroblob(157) from members')
      .run('forged');
    database.close();
    assert.deepEqual(await findingsOf(), ['missing 1']);
  });

  it('a forgotten one is not missed, and is seen when older tables bring it back', async () => {
    await scene.done('forget', String(ids[1]));
    cpSync(memory(), scene.path('after.sealed'));
    await scene.done('check');
    scene.bringBack('three');
    cpSync(scene.path('after.sealed'), memory());
    assert.deepEqual(await findingsOf(), ['returned 1']);
    await scene.done('check', '--accept-older');
    await scene.done('check');
  });
});
