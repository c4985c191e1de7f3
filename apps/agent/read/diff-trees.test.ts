// Trees are made here and read as a restore reads them, but for their chunks: what differs is a matter of entries.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, type ChunkId, KuraError, MAX_TREE_DEPTH } from '@kura/base';
import type { ContentEntry, TreeEntry } from '@kura/format';
import { type DiffSides, diffTrees } from './diff-trees.ts';
import type { TreeReader } from './tree-reader.ts';
import { walkTree } from './walk-tree.ts';

/** Folders by the first byte of their only page's id. */
class Trees {
  readonly #folders = new Map<number, TreeEntry[]>();
  opened = 0;

  get reader(): TreeReader {
    const entries = async (folder: Pick<TreeEntry, 'content'>): Promise<TreeEntry[]> => {
      this.opened++;
      return this.#folders.get(folder.content[0]?.id[0] ?? -1) ?? [];
    };
    return { entries } as unknown as TreeReader;
  }

  folder(page: number, entries: readonly TreeEntry[]): Pick<TreeEntry, 'content' | 'isList'> {
    this.#folders.set(
      page,
      entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    );
    return { content: [chunk(page)], isList: false };
  }
}

function chunk(name: number, length = 10): ContentEntry {
  return { id: new Uint8Array(32).fill(name) as ChunkId, length };
}

function entry(name: string, change: Partial<TreeEntry> = {}): TreeEntry {
  return {
    type: 'file',
    name: name as ByteString,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 1n,
    ctimeNs: 1n,
    inode: 1n,
    device: 1n,
    links: 1,
    sizeBytes: 10,
    target: '' as ByteString,
    deviceNumber: 0n,
    holes: [],
    attributes: [],
    isIncomplete: false,
    content: [chunk(1)],
    isList: false,
    ...change,
  };
}

function folder(name: string, page: number): TreeEntry {
  return entry(name, { type: 'folder', sizeBytes: 0, content: [chunk(page)] });
}

async function differences(
  before: readonly TreeEntry[],
  after: readonly TreeEntry[],
  options: { readonly trees?: Trees; readonly metadata?: boolean } = {},
): Promise<string[]> {
  const trees = options.trees ?? new Trees();
  const sides: DiffSides = {
    from: trees.folder(201, before),
    to: trees.folder(202, after),
    path: '/' as ByteString,
    metadata: options.metadata ?? true,
  };
  const found: string[] = [];
  for await (const { path, kind, bytesAdded, bytesRemoved } of diffTrees(trees.reader, sides)) {
    found.push(`${kind} ${path} +${bytesAdded} -${bytesRemoved}`);
  }
  return found;
}

describe('the difference of two trees', () => {
  it('is nothing between the same', async () => {
    const tree = [entry('a'), folder('b', 3), entry('c', { type: 'symlink' })];
    assert.deepEqual(await differences(tree, tree), []);
  });

  it('names what was added, removed and changed, in order of names', async () => {
    const before = [entry('a'), entry('b'), entry('d')];
    const after = [entry('b', { content: [chunk(2)], sizeBytes: 12 }), entry('c'), entry('d')];
    assert.deepEqual(await differences(before, after), [
      'removed /a +0 -10',
      'content /b +12 -10',
      'added /c +10 -0',
    ]);
  });

  it('sees holes that moved and sizes that changed over the same chunks', async () => {
    const hole = (offset: number) => ({ holes: [{ offset, length: 4096 }], sizeBytes: 8202 });
    assert.deepEqual(await differences([entry('a', hole(0))], [entry('a', hole(4096))]), [
      'content /a +8202 -8202',
    ]);
    assert.deepEqual(await differences([entry('a')], [entry('a', { sizeBytes: 99 })]), [
      'content /a +99 -10',
    ]);
  });

  it('tells attributes only if asked, and each kind of them', async () => {
    const changes: Partial<TreeEntry>[] = [
      { mode: 0o600 },
      { uid: 7 },
      { gid: 7 },
      { mtimeNs: 2n },
      { attributes: [{ name: 'user.a' as ByteString, value: new Uint8Array(1) }] },
    ];
    for (const change of changes) {
      const after = [entry('a', change)];
      assert.deepEqual(await differences([entry('a')], after), ['attributes /a +0 -0']);
      assert.deepEqual(await differences([entry('a')], after, { metadata: false }), []);
    }
  });

  it('tells a link that points elsewhere, and an entry of another type', async () => {
    const link = (target: string) =>
      entry('l', { type: 'symlink', target: target as ByteString, content: [], sizeBytes: 0 });
    assert.deepEqual(await differences([link('x')], [link('y')]), ['content /l +0 -0']);
    assert.deepEqual(await differences([link('x')], [entry('l')]), ['type /l +10 -0']);
  });

  it('goes into folders that differ, and opens none that are the same', async () => {
    const trees = new Trees();
    trees.folder(3, [entry('same')]);
    trees.folder(4, [entry('old')]);
    trees.folder(5, [entry('new')]);
    const before = [folder('a', 3), folder('b', 4)];
    const after = [folder('a', 3), folder('b', 5)];
    assert.deepEqual(await differences(before, after, { trees }), [
      'added /b/new +10 -0',
      'removed /b/old +0 -10',
    ]);
    assert.equal(trees.opened, 4);
  });

  it('names everything below a folder that came or went', async () => {
    const trees = new Trees();
    trees.folder(3, [entry('x'), folder('y', 4)]);
    trees.folder(4, [entry('z')]);
    const whole = ['/a', '/a/x', '/a/y', '/a/y/z'];
    const paths = async (before: TreeEntry[], after: TreeEntry[]): Promise<string[]> =>
      (await differences(before, after, { trees })).map((line) => line.split(' ')[1] ?? '');
    assert.deepEqual(await paths([], [folder('a', 3)]), whole);
    assert.deepEqual(await paths([folder('a', 3)], []), whole);
  });

  it('ends with an error in folders without end', async () => {
    let page = 0;
    const endless = {
      entries: async () => [folder('a', page++ % 200)],
    } as unknown as TreeReader;
    const sides = { from: folder('/', 1), to: folder('/', 2) };
    const isHostile = (error: unknown): boolean =>
      error instanceof KuraError && error.code === 'hostile';
    await assert.rejects(async () => {
      const all = diffTrees(endless, { ...sides, path: '/' as ByteString, metadata: true });
      for await (const { path } of all) assert.ok(path.length < 4 * MAX_TREE_DEPTH);
    }, isHostile);
    assert.ok(page <= 2 * (MAX_TREE_DEPTH + 2), `${page} folders were opened`);
    await assert.rejects(async () => {
      const start = { folder: folder('/', 1), path: '/' as ByteString, isDeep: true };
      for await (const { path } of walkTree(endless, start)) {
        assert.ok(path.length < 4 * MAX_TREE_DEPTH);
      }
    }, isHostile);
  });
});
