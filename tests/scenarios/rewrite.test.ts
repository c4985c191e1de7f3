// Goal: what should never have been saved goes out of every snapshot, and no store has a sealed part of it any more;
// all else comes back byte for byte, and what was said before is what came (C11), with the command that people use.
import assert from 'node:assert/strict';
import { linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openReading, type Reading } from '@kura/agent/read/reading.ts';
import { byteString, type StoreId, toHex } from '@kura/base';
import { openNetwork } from '@kura/kura/embedded/open-network.ts';
import { realSurroundings } from '@kura/kura/embedded/surroundings.ts';
import { SeededRandom } from '@kura/testing';
import { PASSPHRASE } from '../real/kura.ts';
import { CITIES, lastRecord, records, Scene } from '../real/scene.ts';
import { describeTree, restored, writeFiles, writeSample } from '../real/tree.ts';

const DIARY_BYTES = 300_000;
const REFUSED = 13;

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/** The folder that it was in has the time at which a restored diary was removed from it. */
const isElsewhere = (line: string): boolean => !line.startsWith('"/three" ');

describe('C11: what should never have been saved', () => {
  let scene: Scene;
  let diary: string;
  /** Chunks of the diary, hexadecimal. */
  let secret: readonly string[];
  let expected: string[];

  before(async () => {
    scene = await Scene.founded();
    const random = new SeededRandom(23);
    writeSample(scene.source, random);
    diary = join(scene.source, 'three', 'diary');
    writeFiles(scene.source, { 'three/diary': random.bytes(DIARY_BYTES) });
    await scene.done('backup', scene.source, '--kind', 'full');
    writeFileSync(join(scene.source, 'one', 'more'), 'saved later');
    linkSync(join(scene.source, 'one', 'more'), join(scene.source, 'three', 'the same'));
    await scene.done('backup', scene.source, '--tag', 'later', '--kind', 'incremental');
    secret = await chunksOf(diary);
    await scene.done('restore', 'latest', '--target', scene.path('as-saved'));
    const whole = restored(scene.path('as-saved'), scene.source);
    rmSync(join(whole, 'three', 'diary'));
    expected = describeTree(whole).filter(isElsewhere);
  });

  after(() => scene.close());

  async function withReading<T>(work: (reading: Reading) => Promise<T>, at?: StoreId): Promise<T> {
    const network = await openNetwork(
      {
        homeFolder: scene.home,
        passphrase: async () => PASSPHRASE,
        warn: (message) => assert.fail(message),
      },
      realSurroundings(),
    );
    const stores = new Map(
      [...network.stores].filter(([storeId]) => at === undefined || storeId === at),
    );
    try {
      const reading = await openReading(
        { ...network, stores },
        { purpose: 'read', onUnreadable: () => undefined },
      );
      try {
        return await work(reading);
      } finally {
        reading.close();
      }
    } finally {
      network.close();
    }
  }

  const chunksOf = (file: string): Promise<readonly string[]> =>
    withReading(async ({ snapshots, trees }) => {
      const [first] = await snapshots.list();
      assert.ok(first);
      const root = { content: [first.snapshot.root], isList: false };
      const entry = await trees.find(root, byteString(file));
      assert.ok(entry);
      return (await trees.fileContent(entry)).map(({ id }) => toHex(id));
    });

  /** Chunks in the sealed directories of every copy on every shelf, opened with the member's keys. */
  async function storedChunks(): Promise<Set<string>> {
    const found = new Set<string>();
    const copies = records(await scene.done('copies', '--json')).flatMap(
      (pack) => pack.copies as readonly { readonly store: StoreId }[],
    );
    rmSync(join(scene.home, 'agent'), { recursive: true });
    let opened = 0;
    for (const storeId of new Set(copies.map(({ store }) => store))) {
      await withReading(async ({ catalogue, opener }) => {
        for (const { row } of catalogue.entries()) {
          if (!row.copies.some((copy) => copy.storeId === storeId)) continue;
          const reader = opener.open(row);
          for (const { chunks } of (await reader.directory()).frames) {
            for (const { id } of chunks) found.add(toHex(id));
          }
          reader.close();
          opened++;
        }
      }, storeId);
      rmSync(join(scene.home, 'agent'), { recursive: true });
    }
    assert.equal(opened, copies.length);
    const shelves = CITIES.map((city) => filesBelow(join(scene.store(city), 'copies')));
    assert.equal(shelves.flat().length, opened, 'no shelf has a copy besides');
    return found;
  }

  it('is said before it goes, and a dry run changes nothing', async () => {
    const before = (await scene.done('snapshots', '--json')).out;
    const plan = records(await scene.done('rewrite', '-e', diary, '--dry-run', '--json')).at(-2);
    assert.deepEqual([plan?.changed_snapshots, plan?.files, plan?.bytes], [2, 2, 2 * DIARY_BYTES]);
    const back = Number(plan?.bytes_back);
    assert.ok(back >= 2 * DIARY_BYTES && back < 2.2 * DIARY_BYTES, `two copies: ${back}`);
    assert.equal((await scene.done('snapshots', '--json')).out, before);
    await scene.ends(REFUSED, ['rewrite', '-e', scene.source]);
    assert.match((await scene.done('rewrite', '-e', 'nothing')).out, /nothing to do/);
  });

  it('goes from all snapshots and all packs; the rest comes back as it was saved', async () => {
    assert.ok((await storedChunks()).isSupersetOf(new Set(secret)), 'they can be found');
    const free = ['--forget', '--prune', '--max-unused', '0%'];
    const pruned = lastRecord(await scene.done('rewrite', '-e', diary, ...free, '--json'));
    assert.ok(Number(pruned.bytes_freed) >= 2 * DIARY_BYTES);
    assert.ok((await storedChunks()).isDisjointFrom(new Set(secret)), 'in no pack of any store');
    const snapshots = JSON.parse((await scene.done('snapshots', '--json')).out);
    assert.deepEqual(
      snapshots.map(({ kind, tags }: { kind: string; tags: string[] }) => [kind, tags]),
      [
        ['full', []],
        ['incremental', ['later']],
      ],
    );
    await scene.done('restore', 'latest', '--target', scene.path('out'));
    const back = describeTree(restored(scene.path('out'), scene.source));
    assert.deepEqual(back.filter(isElsewhere), expected);
    await scene.done('check', '--read-data');
  });

  it('C5: the next backup goes on from the rewritten ones; what went is new to it, unless it is left out', async () => {
    const wouldSave = async (...options: string[]): Promise<unknown[]> => {
      const argv = ['backup', scene.source, '--dry-run', '--json', ...options];
      const { files_new, files_changed } = lastRecord(await scene.done(...argv));
      return [files_new, files_changed];
    };
    assert.deepEqual(await wouldSave('--exclude', diary), [0, 0]);
    assert.deepEqual(await wouldSave(), [1, 0]);
  });
});
