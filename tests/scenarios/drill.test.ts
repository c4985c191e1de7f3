// Goal: a drill restores a sample, leaves nothing behind, and from then on everybody sees when each snapshot was last
// proved restorable; where something does not come back it says so, and proves nothing.
import assert from 'node:assert/strict';
import { globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { CITIES, lastRecord, records, Scene } from '../real/scene.ts';
import { writeSample } from '../real/tree.ts';

describe('kura drill', () => {
  let scene: Scene;

  const scratch = (): string => scene.path('scratch');
  const drill = (code: number, ...argv: string[]) =>
    scene.ends(code, ['drill', '--scratch', scratch(), '--json', ...argv]);
  const proved = async (): Promise<(boolean | undefined)[]> => {
    const { out } = await scene.done('snapshots', '--json');
    const list = JSON.parse(out) as { proved: { files: number; total_files: number } | null }[];
    return list.map((one) =>
      one.proved === null ? undefined : one.proved.files === one.proved.total_files,
    );
  };

  before(async () => {
    scene = await Scene.founded();
    mkdirSync(scratch());
    writeSample(scene.source, new SeededRandom(5));
    await scene.done('backup', scene.source);
    writeFileSync(join(scene.source, 'more'), 'more');
    await scene.done('backup', scene.source);
  });
  after(() => scene.close());

  it('proves the newest first, then the others in turn, and leaves nothing behind', async () => {
    assert.deepEqual(await proved(), [undefined, undefined]);
    const first = lastRecord(await drill(0, '--files', '2'));
    assert.deepEqual([first.files, Number(first.total_files) > 2], [2, true]);
    assert.deepEqual(await proved(), [undefined, false]);
    await drill(0, '--count', '1');
    assert.deepEqual(await proved(), [true, false]);
    assert.deepEqual(readdirSync(scratch()), []);
    const listed = await scene.done('ls', 'latest');
    assert.match(listed.err, /last proved restorable: \d{4}-\d\d-\d\d 2 of \d+ files/);
    const checked = await scene.done('check');
    assert.match(checked.out, /2 snapshots proved restorable, the oldest proof of \d{4}-\d\d-\d\d/);
  });

  it('fails where something does not come back, and the old proof stays', async () => {
    const before = await scene.done('snapshots', '--json');
    // Data that is rotten at every store; folders come from the cache.
    for (const city of CITIES) {
      for (const copy of globSync('copies/*/*', { cwd: scene.store(city) })) {
        const path = join(scene.store(city), copy);
        const bytes = readFileSync(path);
        for (let at = 0; at < bytes.length; at += 1000) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
        writeFileSync(path, bytes);
      }
    }
    assert.deepEqual(records(await drill(20, 'latest')), []);
    assert.deepEqual(readdirSync(scratch()), []);
    assert.equal((await scene.done('snapshots', '--json')).out, before.out);
  });
});
