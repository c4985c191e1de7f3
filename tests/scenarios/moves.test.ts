// Goal: whoever owns the folders can empty one of them, and say where copies may not lie; what was saved is whole
// after each step, and comes back with the folder that was left gone for good (A6, A9, D9).
import assert from 'node:assert/strict';
import { globSync, rmSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { CITIES, lastRecord, records, Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeSample } from '../real/tree.ts';

describe('folders of your own', () => {
  let scene: Scene;
  let expected: string[];

  before(async () => {
    scene = await Scene.founded();
    writeSample(scene.source, new SeededRandom(3));
    expected = describeTree(scene.source);
    await scene.done('backup', scene.source);
  });
  after(() => scene.close());

  const copiesIn = (city: string): number =>
    globSync('copies/*/*', { cwd: scene.store(city) }).length;

  it('D9: one is emptied, thrown away, and everything comes back', async () => {
    await scene.done('moves', 'drain', 'frankfurt');
    const done = lastRecord(await scene.done('moves', 'run', '--json'));
    assert.ok(Number(done.added) > 0 && done.added === done.retired && done.waiting === 0);
    assert.equal(copiesIn('frankfurt'), 0);
    const log = records(await scene.done('moves', 'log', '--json'));
    assert.ok(log.some(({ reason }) => /frankfurt is being emptied/.test(String(reason))));
    rmSync(scene.store('frankfurt'), { recursive: true });
    const target = scene.path('out');
    await scene.done('restore', 'latest', '--target', target);
    assertSameTree(restored(target, scene.source), expected);
    const checked = await scene.ends(22, ['check', '--read-data']);
    assert.match(checked.out, /frankfurt.*cannot be reached[\s\S]*everything is whole/);
    await scene.done('check', '--repair');
    await scene.done('check');
  });

  it('A5, A6, A9: a device that is elsewhere keeps its copies away, until it is at home again', async () => {
    const own = await Scene.founded();
    try {
      writeSample(own.source, new SeededRandom(4));
      await own.done('backup', own.source);
      const held = (): readonly boolean[] =>
        CITIES.map((city) => globSync('copies/*/*', { cwd: own.store(city) }).length > 0);
      const [inIshikari, inOsaka] = [
        CITIES.map((city) => city !== 'osaka'),
        CITIES.map((city) => city !== 'ishikari'),
      ];
      assert.deepEqual(held(), inIshikari);
      const placed = lastRecord(await own.done('devices', 'place', 'ishikari', '--json'));
      const device = lastRecord(await own.done('devices', '--json'));
      assert.equal((device.place as { readonly city: string }).city, 'ishikari');
      assert.deepEqual(placed, { message_type: 'placed', ...device });
      await own.done('moves', 'run');
      assert.deepEqual(held(), inOsaka);
      writeSample(own.source, new SeededRandom(5));
      await own.done('backup', own.source);
      assert.deepEqual(held(), inOsaka, 'nor does anything new go there');
      await own.ends(2, ['devices', 'place', '--clear', 'osaka', 'laptop']);
      const home = lastRecord(await own.done('devices', 'place', '--clear', '--json'));
      assert.equal(home.place, null);
      const moved = lastRecord(await own.done('home', 'osaka', '--json'));
      assert.equal((moved.home as { readonly city: string }).city, 'osaka');
      await own.done('moves', 'run');
      assert.ok(held()[CITIES.indexOf('ishikari')], 'what was saved last is not beside home alone');
    } finally {
      own.close();
    }
  });

  it('A6, A9: where nothing may lie, nothing new is put, and too few stores are said at once', async () => {
    const refused = await scene.ends(21, ['moves', 'forbid', 'osaka']);
    assert.match(refused.err, /then 1 store is left, and 2 copies are wanted/);
    const unknown = await scene.ends(2, ['moves', 'pin', 'atlantis']);
    assert.match(unknown.err, /is no city, country, power area or operator/);
    const regions = lastRecord(await scene.done('moves', 'regions', '--json'));
    assert.deepEqual([regions.pinned, regions.forbidden], [[], []]);
  });
});
