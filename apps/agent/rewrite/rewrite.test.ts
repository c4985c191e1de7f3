import assert from 'node:assert/strict';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { byteString, KuraError, must, type SnapshotId, toHex } from '@kura/base';
import type { ContentEntry } from '@kura/format';
import { FIRST_LOCK_EPOCH } from '@kura/member-seal';
import { backup } from '../backup/backup.ts';
import { excludeMatcher } from '../backup/exclude.ts';
import { backupOptions } from '../backup/test-options.ts';
import { check } from '../check/check.ts';
import { prune } from '../prune/prune.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { walkTree } from '../read/walk-tree.ts';
import { type TestContext, TestNetwork } from '../test-network.ts';
import { type Rewritten, rewrite } from './rewrite.ts';
import { type RewriteSurvey, surveyRewrite } from './survey.ts';

interface Asked {
  readonly forget?: boolean;
  readonly ids?: readonly SnapshotId[];
  /** The act ends where this throws. */
  readonly carryTerm?: () => Promise<void>;
}

describe('rewrite', () => {
  let network: TestNetwork;
  let secret: Uint8Array;
  let letter: Uint8Array;

  beforeEach(async () => {
    network = await TestNetwork.found();
    secret = network.random.bytes(12_000);
    letter = network.random.bytes(9000);
  });
  afterEach(() => network.close());

  async function withReading<T>(
    work: (reading: Reading, context: TestContext) => Promise<T>,
  ): Promise<T> {
    const context = await network.context();
    const reading = await openReading(context, { purpose: 'read' });
    try {
      return await work(reading, context);
    } finally {
      reading.close();
    }
  }

  const survey = (patterns: readonly string[], { ids }: Asked = {}): Promise<RewriteSurvey> =>
    withReading(async (reading) => {
      const all = await reading.snapshots.list();
      const chosen = ids === undefined ? all : all.filter(({ id }) => ids.includes(id));
      return await surveyRewrite({ chosen, isCut: excludeMatcher(patterns), reading });
    });

  async function cut(patterns: readonly string[], asked: Asked = {}): Promise<Rewritten[]> {
    const found = await survey(patterns, asked);
    const done: Rewritten[] = [];
    const { forget = true, carryTerm = async () => undefined } = asked;
    const ports = { ...(await network.context()), carryTerm };
    await rewrite(found, { forget }, { ...ports, onRewritten: (one) => done.push(one) });
    return done;
  }

  /** Path below the source → content of files as hex, "" for all else. */
  const treeOf = (id: SnapshotId): Promise<Map<string, string>> =>
    withReading(async (reading) => {
      const { snapshot } = must(await reading.snapshots.find(id), 'the snapshot');
      const folder = { content: [snapshot.root], isList: false };
      const tree = new Map<string, string>();
      const walk = walkTree(reading.trees, { folder, path: byteString('/'), isDeep: true });
      for await (const { path, entry } of walk) {
        if (!path.startsWith(network.source)) continue;
        const parts: Uint8Array[] = [];
        for (const piece of entry.type === 'file' ? await reading.trees.fileContent(entry) : []) {
          parts.push((await reading.chunks.read(piece, 'data')).slice());
        }
        tree.set(path.slice(network.source.length), Buffer.concat(parts).toString('hex'));
      }
      return tree;
    });

  const contentOf = (id: SnapshotId, file: string): Promise<readonly ContentEntry[]> =>
    withReading(async (reading) => {
      const { snapshot } = must(await reading.snapshots.find(id), 'the snapshot');
      const root = { content: [snapshot.root], isList: false };
      const entry = must(await reading.trees.find(root, network.pathOf(file)), 'the file');
      return await reading.trees.expand(entry);
    });

  /** Ids of all chunks in all packs, as their sealed directories at the stores say. */
  const stored = (): Promise<Set<string>> => {
    network.loseCache();
    return withReading(async (reading) => {
      const ids = new Set<string>();
      for (const { row } of reading.catalogue.entries()) {
        const reader = reading.opener.open(row);
        const { frames } = await reader.directory();
        for (const { chunks } of frames) for (const { id } of chunks) ids.add(toHex(id));
        reader.close();
      }
      return ids;
    });
  };

  const pruneAll = async (): Promise<void> => {
    const maxUnused = { kind: 'bytes', bytes: 0 } as const;
    await prune({ dryRun: false, maxUnused }, await network.context());
  };
  const isWhole = async (): Promise<boolean> => {
    const report = await check({ kind: 'all' }, await network.context());
    return report.hurtPacks.length === 0 && report.lostSnapshots.length === 0;
  };

  it('C11: a file goes from every snapshot, and after a prune from every pack; the rest stays as it was', async () => {
    const small = network.random.bytes(300);
    const first = await network.save({ 'a/secret': secret, 'a/letter': letter, small });
    const second = await network.save({ 'a/secret': secret, 'b/letter': letter, other: small });
    const before = [await treeOf(first), await treeOf(second)];
    const gone = (await contentOf(first, 'a/secret')).map(({ id }) => toHex(id));
    const done = await cut(['/**/a/secret']);
    await pruneAll();
    assert.deepEqual(
      done.map(({ from }) => from),
      [first, second],
    );
    const chunks = await stored();
    assert.ok(gone.length > 0 && gone.every((id) => !chunks.has(id)));
    for (const [index, { to }] of done.entries()) {
      const tree = await treeOf(to);
      before[index]?.delete('/a/secret');
      assert.equal(JSON.stringify([...tree]), JSON.stringify([...must(before[index], 'a tree')]));
    }
    const { length } = await network.coordinator.snapshots();
    assert.equal(length, 2);
    assert.ok(await isWhole());
  });

  it('C11: says what comes back: nothing of what something that stays needs', async () => {
    const first = await network.save({ secret, letter });
    const { length: copies } = must((await network.rows())[0], 'a pack').copies;
    const found = await survey(['secret']);
    assert.deepEqual(
      found.changes.map(({ files, folders, bytes }) => [files, folders, bytes]),
      [[1, 0, secret.length]],
    );
    const back = must(found.bytesBack, 'a figure');
    assert.ok(back >= secret.length * copies && back < secret.length * copies * 1.1, `${back}`);
    await network.save({ kept: secret, letter });
    assert.equal((await survey(['secret'])).bytesBack, 0, 'the second has it under another name');
    const folder = await survey([network.source], { ids: [first] }).catch((error) => error);
    assert.equal(folder.code, 'refused');
  });

  it('a name that stays keeps the content of hard links that go', async () => {
    mkdirSync(join(network.source, 'a'), { recursive: true });
    writeFileSync(join(network.source, 'a/one'), secret);
    linkSync(join(network.source, 'a/one'), join(network.source, 'two'));
    const request = backupOptions({ paths: [byteString(network.source)] });
    await backup(request, await network.context());
    assert.equal((await survey(['one'])).bytesBack, 0);
    const [done] = await cut(['one']);
    await pruneAll();
    const tree = await treeOf(must(done, 'one').to);
    assert.deepEqual([...tree.keys()], ['', '/a', '/two']);
    assert.equal(tree.get('/two'), Buffer.from(secret).toString('hex'));
  });

  it('keeps time, tags, kind and place in the chain; counts and names of what was skipped follow the cut', async () => {
    const absent = ['/nowhere/secret/x', '/nowhere/other'].map(byteString);
    const paths = [byteString(network.source), ...absent];
    const full = await network.save({ secret, letter }, { paths, tags: ['x'], kind: 'full' });
    const next = await network.save({ secret, more: letter }, { paths, kind: 'incremental' });
    const before = await withReading(({ snapshots }) => snapshots.list());
    const done = await cut(['secret'], { ids: [full, next] });
    const after = await withReading(({ snapshots }) => snapshots.list());
    for (const [index, { snapshot }] of after.entries()) {
      const was = must(before[index], 'as before').snapshot;
      const same = ({ timeMs, hostname, username, paths, tags, kind }: typeof was) =>
        JSON.stringify([timeMs, hostname, username, paths, tags, kind]);
      assert.equal(same(snapshot), same(was));
      assert.equal(snapshot.original, before[index]?.id);
      assert.deepEqual([was.skipped, snapshot.skipped], [absent, absent.slice(1)]);
      const { totalFilesProcessed: files, totalBytesProcessed: bytes } = was.statistics;
      assert.equal(snapshot.statistics.totalFilesProcessed, files - 1);
      assert.equal(snapshot.statistics.totalBytesProcessed, bytes - secret.length);
    }
    assert.equal(after[1]?.snapshot.base, done[0]?.to, 'of the base as it is now');
  });

  it('C5: a rewritten full is the full of its day, and what went has its mark set again', async () => {
    const full = await network.save({ secret, letter }, { kind: 'full' });
    const [done] = await cut(['secret'], { ids: [full] });
    const next = await network.save({ secret, letter }, { kind: 'differential' });
    const found = await withReading(({ snapshots }) => snapshots.find(next));
    const { base, statistics } = must(found, 'the differential').snapshot;
    assert.equal(base, done?.to);
    const { filesNew, filesChanged } = statistics;
    // `save` writes the source anew, so the letter is another file.
    assert.deepEqual([filesNew, filesChanged], [1, 1]);
  });

  it('a run that was killed before it forgot is finished by the next, which makes no second record', async () => {
    const first = await network.save({ secret, letter });
    const die = async () => Promise.reject(new KuraError('io', 'the power is gone'));
    await assert.rejects(cut(['secret'], { carryTerm: die }));
    const both = (await network.coordinator.snapshots()).map((row) => row.snapshotId);
    assert.equal(both.length, 2, 'the new one stands, the old one still does');
    const done = await cut(['secret']);
    assert.deepEqual(done, [{ from: first, to: both.find((id) => id !== first) }]);
    assert.equal((await network.coordinator.snapshots()).length, 1);
    assert.equal((await survey(['secret'])).changes.length, 0, 'a third finds nothing to do');
  });

  it('refuses what would leave folders only, and a locked snapshot, before anything is written', async () => {
    await network.save({ secret, 'a/letter': letter });
    const rows = await network.rows();
    for (const patterns of [['*'], ['secret', 'letter'], [network.source]]) {
      await assert.rejects(cut(patterns), /nothing but folders would be left/);
    }
    const [one] = await withReading(({ snapshots }) => snapshots.list());
    const { id, row, snapshot } = must(one, 'the snapshot');
    const lock = { epoch: FIRST_LOCK_EPOCH, packs: undefined as never, seal: undefined };
    const locked = { id, row, snapshot: { ...snapshot, lock } };
    const asked = withReading((reading) =>
      surveyRewrite({ chosen: [locked], isCut: () => false, reading }),
    );
    await assert.rejects(asked, /locked: .*not rewritten/);
    assert.deepEqual(await network.rows(), rows);
  });

  it('a file that is lost can be left out; what stays must be there, or nothing is acknowledged', async () => {
    await network.save({ secret });
    const id = await network.save({ secret, letter });
    const [piece] = await contentOf(id, 'secret');
    const lost = await withReading(async ({ chunks, catalogue }) => {
      const number = chunks.place(must(piece, 'a chunk').id);
      return catalogue.byNumber(must(number, 'its pack')).row;
    });
    for (const { storeId } of lost.copies) network.unlinkCopy(network.cityOf(storeId), lost);
    assert.equal(await isWhole(), false);
    const heads = await network.coordinator.snapshots();
    await assert.rejects(cut(['letter'], { ids: [id] }), KuraError);
    assert.deepEqual(await network.coordinator.snapshots(), heads);
    assert.equal((await survey(['secret'], { ids: [id] })).bytesBack, undefined, 'nobody can say');
    const [done] = await cut(['secret'], { ids: [id] });
    const tree = await treeOf(must(done, 'one').to);
    assert.equal(tree.get('/letter'), Buffer.from(letter).toString('hex'));
  });
});
