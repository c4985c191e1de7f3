// Goal: packs that nobody can read now only look unused. A prune while their stores are away, after the index was
// lost, must take nothing: when the stores come back, everything is there.
import assert from 'node:assert/strict';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { CITIES, Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeSample } from '../real/tree.ts';

describe('C11: prune while every store is away and the index is lost', () => {
  let scene: Scene;
  let expected: string[];

  before(async () => {
    scene = await Scene.founded();
    writeSample(scene.source, new SeededRandom(7));
    expected = describeTree(scene.source);
    await scene.done('backup', scene.source);
  });

  after(() => scene.close());

  it('leaves alone what it cannot read, and everything comes back with the stores', async () => {
    for (const city of CITIES) renameSync(scene.store(city), scene.path(`away-${city}`));
    rmSync(join(scene.home, 'agent/index'), { recursive: true });
    await scene.run(['prune']);
    const target = scene.path('out');
    const restore = ['restore', 'latest', '--target', target];
    await scene.ends(21, restore);
    await scene.ends(21, ['check']);
    rmSync(join(scene.home, 'agent/packs'), { recursive: true });
    await scene.ends(21, restore);
    for (const city of CITIES) renameSync(scene.path(`away-${city}`), scene.store(city));
    await scene.done('prune');
    await scene.done(...restore);
    assertSameTree(restored(target, scene.source), expected);
    assert.equal((await scene.run(['check', '--read-data'])).code, 0);
  });
});
