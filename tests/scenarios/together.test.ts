// Goal: several commands at once: backups beside each other and beside a prune all succeed, two prunes
// exclude each other, and what is forgotten gives its room back.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { describeEnd } from '../real/kura.ts';
import { assertOneSentence, lastRecord, records, Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles } from '../real/tree.ts';

const PRUNE = ['prune', '--max-unused', '0%', '--json'] as const;

describe('C11: commands at the same time', () => {
  const random = new SeededRandom(8);
  let scene: Scene;

  before(async () => {
    scene = await Scene.founded();
    writeFiles(scene.source, {
      'one/a': random.bytes(2_000_000),
      'two/b': random.bytes(2_000_000),
      'both/a': 'the same',
    });
  });
  after(() => scene.close());

  async function comesBack(id: string, path: string, expected: readonly string[]): Promise<void> {
    const target = scene.path('out');
    await scene.done('restore', id, '--target', target);
    assertSameTree(restored(target, path), expected);
    rmSync(target, { recursive: true });
  }

  it('C9: two backups at once both succeed, and both come back', async () => {
    const paths = [`${scene.source}/one`, `${scene.source}/two`];
    const ended = await Promise.all(paths.map((path) => scene.run(['backup', path, '--json'])));
    for (const [index, one] of ended.entries()) {
      assert.equal(one.code, 0, describeEnd(one));
      const path = paths[index] ?? '';
      await comesBack(String(lastRecord(one)['snapshot_id']), path, describeTree(path));
    }
    await scene.done('check', '--read-data');
  });

  it('C9: two backups of the same folder at once both succeed', async () => {
    writeFiles(scene.source, { 'one/new': random.bytes(500_000) });
    const ended = await Promise.all(
      [1, 2].map(() => scene.run(['backup', scene.source, '--json'])),
    );
    for (const one of ended) {
      assert.equal(one.code, 0, describeEnd(one));
      const id = String(lastRecord(one)['snapshot_id']);
      await comesBack(id, scene.source, describeTree(scene.source));
    }
  });

  it('C11: a prune beside a backup takes nothing that the backup needs', async () => {
    await scene.done('forget', '--keep-last', '1');
    rmSync(`${scene.source}/one/new`);
    writeFiles(scene.source, { 'two/later': random.bytes(700_000) });
    const [pruned, saved] = await Promise.all([
      scene.run(PRUNE),
      scene.run(['backup', scene.source, '--json']),
    ]);
    assert.equal(pruned.code, 0, describeEnd(pruned));
    assert.equal(saved.code, 0, describeEnd(saved));
    const id = String(lastRecord(saved)['snapshot_id']);
    await comesBack(id, scene.source, describeTree(scene.source));
    await scene.done('check', '--read-data');
  });

  it('11: of two prunes at once one may be busy, and says so in a sentence', async () => {
    const ended = await Promise.all([1, 2, 3].map(() => scene.run(['prune'])));
    for (const one of ended) {
      assert.ok(one.code === 0 || one.code === 11, describeEnd(one));
      if (one.code === 11) assertOneSentence(one, /prune|busy|running/);
    }
    assert.ok(
      ended.some((one) => one.code === 0),
      'one of them did it',
    );
    await scene.done('prune');
  });

  it('C11: what is forgotten and pruned gives its room back', async () => {
    const packed = async (): Promise<number> => {
      const packs = records(await scene.done('copies', '--json'));
      return packs.reduce((sum, { size }) => sum + Number(size), 0);
    };
    await scene.done(...PRUNE);
    const before = await packed();
    const large = `${scene.source}/large`;
    writeFiles(scene.source, { large: random.bytes(8_000_000) });
    const tagged = ['backup', scene.source, '--tag', 'large', '--json'];
    const id = String(lastRecord(await scene.done(...tagged))['snapshot_id']);
    rmSync(large);
    await scene.done('backup', scene.source);
    assert.ok((await packed()) > before + 7_000_000);
    await scene.done('forget', id);
    const freed = Number(lastRecord(await scene.done(...PRUNE))['bytes_freed']);
    assert.ok(freed > 7_000_000, `${freed} bytes freed`);
    assert.ok((await packed()) < before + 3_500_000, 'only small packs are left');
    await comesBack('latest', scene.source, describeTree(scene.source));
    await scene.done('check', '--read-data');
  });
});
