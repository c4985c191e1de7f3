// Goal: what was forgotten by mistake comes back, as long as its bytes are there, and a term is shown and taken back;
// with the command that people use.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeSample } from '../real/tree.ts';

interface Line {
  readonly message_type: string;
  readonly snapshot?: string;
  readonly to?: string;
  readonly term_id?: string;
  readonly snapshots?: readonly string[];
}

describe('D13: forgetting by mistake', () => {
  let scene: Scene;
  let expected: string[];
  let first: string;

  before(async () => {
    scene = await Scene.founded();
    writeSample(scene.source, new SeededRandom(11));
    expected = describeTree(scene.source);
    await scene.done('backup', scene.source);
    first = await newest();
  });

  after(() => scene.close());

  const lines = async (...argv: string[]): Promise<Line[]> => {
    const { out } = await scene.done(...argv, '--json');
    const text = out.trim();
    if (text === '') return [];
    const parsed = text.startsWith('[')
      ? JSON.parse(text)
      : text.split('\n').map((line) => JSON.parse(line));
    return parsed as Line[];
  };

  async function newest(): Promise<string> {
    const { out } = await scene.done('snapshots', '--json');
    const all = JSON.parse(out) as { id: string }[];
    return all.at(-1)?.id ?? assert.fail('there is a snapshot');
  }

  it('a snapshot is recalled under a new id, with all that it had', async () => {
    await scene.done('forget', first);
    const forgotten = (await lines('removals', 'list')).filter((line) => line.snapshot === first);
    assert.equal(forgotten.length, 1);
    const recalled = (await lines('removals', 'recall', first.slice(0, 8))).find(
      (line) => line.message_type === 'recalled',
    );
    assert.equal(recalled?.to, await newest());
    assert.notEqual(recalled?.to, first, 'a forgotten id stays forgotten');
    assert.deepEqual(await lines('removals', 'list'), [], 'nothing is left to come back');
    await scene.done('prune');
    const target = scene.path('out');
    await scene.done('restore', 'latest', '--target', target);
    assertSameTree(restored(target, scene.source), expected);
    rmSync(target, { recursive: true });
  });

  it('after a prune without a delay it is too late, and said so', async () => {
    writeFileSync(join(scene.source, 'another'), 'more');
    await scene.done('backup', scene.source);
    const second = await newest();
    await scene.done('forget', second, '--prune');
    const late = await scene.run(['removals', 'recall', second.slice(0, 8)]);
    assert.equal(late.code, 1);
    assert.match(late.err, /there is no/);
  });

  it('a term is shown, and taken back', async () => {
    const id = await newest();
    await scene.done('forget', id, '--at', '2099-12-31');
    const [term] = await lines('removals', 'list');
    assert.deepEqual([term?.message_type, await newest()], ['term', id]);
    await scene.done('tag', '--add', 'kept', id);
    const terms = async (): Promise<Line[]> =>
      (await lines('removals', 'list')).filter((line) => line.message_type === 'term');
    const carried = (await terms()).find(({ term_id }) => term_id !== term?.term_id);
    assert.deepEqual(carried?.snapshots, [await newest()], 'with other tags the term is the same');
    for (const one of [term, carried]) {
      await scene.done('removals', 'revoke', (one?.term_id ?? '').slice(0, 8));
    }
    assert.deepEqual(await terms(), []);
    const past = await scene.run(['forget', await newest(), '--at', '2001-01-01']);
    assert.equal(past.code, 2);
    assert.equal((await scene.run(['check'])).code, 0);
  });
});
