// What a drill takes: everything in turn, and of each a sample that no file can stay out of for ever.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ByteString, byteString, type SnapshotId, snapshotId } from '@kura/base';
import { SeededRandom } from '@kura/testing';
import { openReading, type Reading } from '../read/reading.ts';
import { TestNetwork } from '../test-network.ts';
import { chooseForDrill } from './choose.ts';
import { drawSample, sampleMatcher } from './sample.ts';

const idOf = (number: number): SnapshotId => snapshotId(number.toString(16).padStart(64, '0'));

describe('a drill', () => {
  it('takes what was never proved, the newest first, then whose proof is the oldest', () => {
    const all = [
      { id: idOf(1), leafIndex: 1, provedMs: 500 },
      { id: idOf(2), leafIndex: 2, provedMs: undefined },
      { id: idOf(3), leafIndex: 3, provedMs: 400 },
      { id: idOf(4), leafIndex: 4, provedMs: undefined },
    ];
    const taken = (count: number) => chooseForDrill(all, count).map(({ id }) => id);
    assert.deepEqual(taken(9), [idOf(4), idOf(2), idOf(3), idOf(1)]);
    assert.deepEqual(taken(1), [idOf(4)]);
  });

  it('restores the files of its sample, and the folders on the way to them', () => {
    const files = new Map([[byteString('/a/b/c'), 1]]);
    const matches = sampleMatcher({ files });
    const asked = ['a', 'a/b', 'a/b/c', 'a/d', 'a/b/x', 'b'].map((path) =>
      matches(byteString(path)),
    );
    assert.deepEqual(asked, [false, false, true, 'prune', 'prune', 'prune']);
  });
});

describe('the sample of a drill', () => {
  let network: TestNetwork;
  let reading: Reading;
  let folder: { content: readonly [{ id: never; length: number }]; isList: boolean };
  const SIZES = { a: 100, 'x/b': 200, 'x/c': 300, 'x/y/d': 400 } as const;

  before(async () => {
    network = await TestNetwork.found();
    const files = Object.entries(SIZES).map(([name, size]) => [name, network.random.bytes(size)]);
    const id = await network.save(Object.fromEntries(files));
    reading = await openReading(await network.context(), { purpose: 'read' });
    const stored = await reading.snapshots.find(id);
    assert.ok(stored !== undefined);
    folder = { content: [stored.snapshot.root as never], isList: false };
  });
  after(() => {
    reading.close();
    network.close();
  });

  const draw = (limits: { files: number; bytes: number }, seed = 1) =>
    drawSample(reading.trees, folder, { limits, random: new SeededRandom(seed) });
  const names = (files: ReadonlyMap<ByteString, number>): string[] =>
    [...files.keys()].map((path) => path.slice(network.source.length + 1)).sort();

  it('is everything if everything is within its limits', async () => {
    const all = await draw({ files: 10, bytes: 10_000 });
    assert.deepEqual(names(all.files), Object.keys(SIZES).sort());
    assert.deepEqual([all.bytes, all.totalFiles, all.totalBytes], [1000, 4, 1000]);
  });

  it('keeps its limits, and takes one file at least', async () => {
    for (let seed = 1; seed < 20; seed++) {
      const few = await draw({ files: 2, bytes: 10_000 }, seed);
      assert.deepEqual([few.files.size, few.totalFiles], [2, 4]);
      const small = await draw({ files: 4, bytes: 350 }, seed);
      assert.ok(small.files.size >= 1 && (small.files.size === 1 || small.bytes <= 350));
    }
    assert.equal((await draw({ files: 4, bytes: 0 })).files.size, 1);
  });

  it('leaves out no file for ever', async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed < 60; seed++) {
      for (const name of names((await draw({ files: 1, bytes: 10_000 }, seed)).files))
        seen.add(name);
    }
    assert.deepEqual([...seen].sort(), Object.keys(SIZES).sort());
  });
});
