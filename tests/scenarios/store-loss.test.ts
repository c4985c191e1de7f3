// Goal: whatever happens to any one of the three stores, everything comes back, the check says what is
// hurt and ends with 22, and the repair brings back full strength.
import assert from 'node:assert/strict';
import { globSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { CITIES, lastRecord, records, Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles, writeSample } from '../real/tree.ts';

const FLIP_EVERY = 1000;

function emptyFolder(folder: string): void {
  for (const path of globSync('*', { cwd: folder })) {
    rmSync(join(folder, path), { recursive: true });
  }
}

function flipBytes(folder: string): void {
  const files = globSync('**/*', { cwd: folder }).map((name) => join(folder, name));
  for (const path of files.filter((name) => statSync(name).isFile())) {
    const bytes = readFileSync(path);
    for (let at = FLIP_EVERY - 1; at < bytes.length; at += FLIP_EVERY) {
      bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    }
    writeFileSync(path, bytes);
  }
}

const HARMS = [
  { name: 'deleted', harm: (folder: string) => rmSync(folder, { recursive: true }) },
  { name: 'emptied', harm: emptyFolder },
  { name: 'with every 1000th byte flipped', harm: flipBytes },
] as const;

describe('A2, A3, A18: one of three stores is hurt', () => {
  let scene: Scene;
  let expected: string[];

  before(async () => {
    scene = await Scene.founded();
    const random = new SeededRandom(1);
    writeSample(scene.source, random);
    await scene.done('backup', scene.source);
    // With one store away the next backup goes to the third one: then all three hold something.
    renameSync(scene.store('frankfurt'), scene.path('away'));
    writeFiles(scene.source, { 'later.bin': random.bytes(50_000) });
    expected = describeTree(scene.source);
    await scene.ends(22, ['backup', scene.source]);
    renameSync(scene.path('away'), scene.store('frankfurt'));
    scene.keep('whole');
  });

  after(() => scene.close());

  async function assertRestores(): Promise<void> {
    const target = scene.path('out');
    await scene.done('restore', 'latest', '--target', target);
    assertSameTree(restored(target, scene.source), expected);
    rmSync(target, { recursive: true });
  }

  for (const { name, harm } of HARMS) {
    for (const city of CITIES) {
      it(`A2, A18: ${city} ${name}: restored right, checked with 22, repaired`, async () => {
        scene.bringBack('whole');
        harm(scene.store(city));
        await assertRestores();
        const checked = await scene.ends(22, ['check', '--read-data', '--json']);
        const told = JSON.stringify(records(checked));
        assert.ok(told.includes(scene.store(city)), `the store is not named: ${told}`);
        await scene.ends(0, ['check', '--read-data', '--repair']);
        const again = lastRecord(await scene.done('check', '--json'));
        assert.deepEqual([again['hurt_packs'], again['lost_packs']], [0, 0]);
      });
    }
  }
});
