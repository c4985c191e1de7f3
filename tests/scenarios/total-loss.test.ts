// Goal: with KURA_HOME gone, the recovery words and one full store bring back every snapshot; the words
// with a store of someone else, and a store with the words of someone else, bring back nothing.
import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { SeededRandom } from '@kura/testing';
import { assertOneSentence, CITIES, Scene } from '../real/scene.ts';
import { assertSameTree, describeTree, restored, writeFiles } from '../real/tree.ts';

interface Member {
  readonly scene: Scene;
  readonly wordsFile: string;
}

/** Every store has everything: one is enough, whichever it is. */
async function member(): Promise<Member> {
  const scene = await Scene.founded({ copies: CITIES.length });
  const wordsFile = scene.path('words.txt');
  const { out } = await scene.done('key', 'words', '--quiet');
  writeFileSync(wordsFile, out);
  return { scene, wordsFile };
}

describe('total loss: only the recovery words and stores are left', () => {
  const random = new SeededRandom(2);
  const versions: string[][] = [];
  let ann: Member;
  let ben: Member;

  before(async () => {
    [ann, ben] = await Promise.all([member(), member()]);
    writeFiles(ann.scene.source, { 'letter.txt': 'dear all', 'photo.raw': random.bytes(400_000) });
    await ann.scene.done('backup', ann.scene.source);
    versions.push(describeTree(ann.scene.source));
    writeFiles(ann.scene.source, {
      'letter.txt': 'dear friends',
      'sub/new.bin': random.bytes(900),
    });
    await ann.scene.done('backup', ann.scene.source, '--tag', 'second');
    versions.push(describeTree(ann.scene.source));
    writeFiles(ben.scene.source, { 'secret.txt': 'of Ben' });
    await ben.scene.done('backup', ben.scene.source);
    rmSync(ann.scene.home, { recursive: true });
    rmSync(ben.scene.home, { recursive: true });
  });

  after(() => {
    ann.scene.close();
    ben.scene.close();
  });

  for (const city of CITIES) {
    it(`A2: words and the store in ${city} alone bring back every snapshot`, async () => {
      const { scene, wordsFile } = ann;
      rmSync(scene.home, { recursive: true, force: true });
      await scene.done('recover', '--words-file', wordsFile, '--store', scene.store(city));
      const { out } = await scene.ends(0, ['snapshots', '--json']);
      const snapshots = JSON.parse(out) as { id: string; tags: string[] }[];
      assert.deepEqual(
        snapshots.map(({ tags }) => tags),
        [[], ['second']],
      );
      for (const [index, { id }] of snapshots.entries()) {
        const target = scene.path('out');
        await scene.done('restore', id, '--target', target);
        assertSameTree(restored(target, scene.source), versions[index] ?? []);
        rmSync(target, { recursive: true });
      }
    });
  }

  it('D2: the words with the store of someone else bring back nothing', async () => {
    const { scene, wordsFile } = ann;
    const home = scene.path('home-wrong-store');
    const argv = ['recover', '--words-file', wordsFile, '--store', ben.scene.store('osaka')];
    const ended = await scene.run(argv, { environment: { KURA_HOME: home } });
    assert.ok([1, 13, 20, 21].includes(ended.code ?? -1), `exit code ${ended.code}`);
    assertOneSentence(ended, /./);
    const after = await scene.run(['snapshots'], { environment: { KURA_HOME: home } });
    assert.equal(after.code, 10, 'nothing was founded');
  });

  it('D2: a store with the words of someone else brings back nothing', async () => {
    const { scene } = ann;
    const home = scene.path('home-wrong-words');
    const argv = ['recover', '--words-file', ben.wordsFile, '--store', scene.store('osaka')];
    const ended = await scene.run(argv, { environment: { KURA_HOME: home } });
    assert.ok([1, 13, 20, 21].includes(ended.code ?? -1), `exit code ${ended.code}`);
    assertOneSentence(ended, /./);
    const target = scene.path('nothing');
    const after = await scene.run(['restore', 'latest', '--target', target], {
      environment: { KURA_HOME: home },
    });
    assert.equal(after.code, 10, 'nothing was founded');
    assert.equal(existsSync(target), false);
  });

  it('C12: a misspelt word is named, and what is no list of words is refused', async () => {
    const { scene } = ann;
    const file = scene.path('misspelt.txt');
    writeFileSync(file, `${'abandon '.repeat(23)}abandonn\n`);
    const home = { environment: { KURA_HOME: scene.path('home-misspelt') } };
    const argv = ['recover', '--words-file', file, '--store', scene.store('osaka')];
    assertOneSentence(await scene.ends(2, argv, home), /abandonn/);
  });
});
