import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { type ByteString, byteString } from '@kura/base';
import { encodeEntry, joinPage, type PageCursor, type TreeEntry } from '@kura/format';
import { loadNative, type Posix } from '@kura/native';
import { noCounts } from '../counts.ts';
import { entryWithContent } from '../entries.ts';
import type { BackupOptions } from '../options.ts';
import { backupOptions } from '../test-options.ts';
import { FolderNode } from './folder-node.ts';
import { PathTrie } from './path-trie.ts';
import { type FileToRead, Walker, type WalkSteps } from './walker.ts';

const { posix } = loadNative();
const TAG = 'Signature: 8a477f597d28d172789f06886806bc55\n';

describe('a walk', () => {
  let folder = '';
  const at = (...names: string[]): string => join(folder, ...names);
  const relative = (path: ByteString): string => path.slice(folder.length + 1);

  before(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'kura-walk-'));
  });
  afterEach(() => {
    for (const name of fs.readdirSync(folder)) fs.rmSync(at(name), { recursive: true });
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  const make = (...files: string[]): void => {
    for (const file of files) {
      fs.mkdirSync(join(at(file), '..'), { recursive: true });
      fs.writeFileSync(at(file), file);
    }
  };

  interface Scene {
    readonly options?: Partial<BackupOptions>;
    /** Names of the folder that are asked for; all if left out. */
    readonly named?: readonly string[];
    readonly steps?: Partial<WalkSteps>;
    readonly posix?: Partial<Posix>;
    readonly base?: TreeEntry;
  }

  /** Files that would be read, folders in the order in which they are closed, problems. */
  async function walk(scene: Scene = {}) {
    const read: string[] = [];
    const closed: FolderNode[] = [];
    const problems: string[] = [];
    const counts = noCounts();
    const steps: WalkSteps = {
      basePages: async () => [],
      isStanding: () => true,
      resumed: () => undefined,
      readFile: ({ path }: FileToRead) => {
        read.push(relative(path));
        return undefined;
      },
      folderWalked: (node) => closed.push(node),
      problem: (path) => problems.push(relative(path)),
      seen: () => undefined,
      stayAlive: () => undefined,
      ...scene.steps,
    };
    const backup = backupOptions(scene.options);
    const walker = new Walker({ posix: { ...posix, ...scene.posix }, backup, counts, steps });
    const path = byteString(folder);
    const status = posix.status(path) ?? assert.fail('the folder is there');
    const node = new FolderNode({
      name: byteString('walk'),
      path,
      status,
      parent: undefined,
      untouched: undefined,
      base: scene.base,
    });
    const named = scene.named ?? [''];
    await walker.walk(node, PathTrie.of(named.map((name) => byteString(`/${name}`))));
    return { read, closed: closed.map((one) => relative(one.path)), problems, counts, node };
  }

  it('visits everything once in the order of names, and closes folders below first', async () => {
    make('b/z', 'b/a', 'a', 'c/d/e');
    fs.symlinkSync('a', at('link'));
    const { read, closed, counts, node } = await walk();
    assert.deepEqual(read, ['a', 'b/a', 'b/z', 'c/d/e']);
    assert.deepEqual(closed, ['b', 'c/d', 'c', '']);
    assert.deepEqual([counts.filesNew, counts.dirsNew, counts.filesProcessed], [5, 3, 1]);
    assert.deepEqual(
      node.parts().map(({ name }) => name),
      ['link'],
      'links are in their entries at once',
    );
  });

  it('what is excluded is neither read nor looked into', async () => {
    make('keep', 'skip/in', 'x.tmp');
    const isExcluded = (path: ByteString) => /skip$|tmp$/.test(path);
    const { read, closed } = await walk({ options: { isExcluded } });
    assert.deepEqual(read, ['keep']);
    assert.deepEqual(closed, ['']);
  });

  it('of what is asked for, only that; the folders on the way have nothing else', async () => {
    make('a/x', 'a/y', 'b/z', 'c');
    const { read, closed } = await walk({ named: ['a/y', 'c'] });
    assert.deepEqual(read, ['a/y', 'c']);
    assert.deepEqual(closed, ['a', '']);
  });

  it('an exclusion does not bar the way to what is asked for below it', async () => {
    make('a/x');
    const isExcluded = (path: ByteString) => relative(path) === 'a';
    const { read } = await walk({ named: ['a/x'], options: { isExcluded } });
    assert.deepEqual(read, ['a/x']);
  });

  it('a name that was asked for and went away meanwhile is told', async () => {
    make('a');
    const { read, problems } = await walk({ named: ['a', 'gone'] });
    assert.deepEqual(read, ['a']);
    assert.deepEqual(problems, ['gone']);
  });

  it('C2: a folder or file that cannot be looked at is told, and the rest is saved', async () => {
    make('a', 'closed/x', 'z');
    const refuse = (): never => {
      throw Object.assign(new Error('no'), { code: 'EACCES' });
    };
    const closedFolder = await walk({
      posix: {
        readNames: (path) => (path.endsWith('closed') ? refuse() : posix.readNames(path)),
      },
    });
    assert.deepEqual(closedFolder.problems, ['closed']);
    assert.deepEqual(closedFolder.read, ['a', 'z']);
    assert.deepEqual(closedFolder.closed, ['closed', '']);
    const unseen = await walk({
      posix: { status: (path) => (path.endsWith('/a') ? refuse() : posix.status(path)) },
    });
    assert.deepEqual(unseen.problems, ['a']);
    assert.deepEqual(unseen.read, ['closed/x', 'z']);
  });

  it('a folder with a cache tag keeps the tag and nothing else, if that is asked for', async () => {
    make('cache/data', 'other/data');
    fs.writeFileSync(at('cache', 'CACHEDIR.TAG'), TAG);
    fs.writeFileSync(at('other', 'CACHEDIR.TAG'), 'something else');
    const { read } = await walk({ options: { excludeCaches: true } });
    assert.deepEqual(read, ['cache/CACHEDIR.TAG', 'other/CACHEDIR.TAG', 'other/data']);
    assert.equal((await walk()).read.includes('cache/data'), true);
  });

  it('C2: a cache tag that cannot be read makes no cache: what is in doubt is saved', async () => {
    make('folder/data', 'link/data', 'short/data');
    fs.mkdirSync(at('folder', 'CACHEDIR.TAG'));
    fs.symlinkSync('data', at('link', 'CACHEDIR.TAG'));
    fs.writeFileSync(at('short', 'CACHEDIR.TAG'), TAG.slice(0, 10));
    const { read, problems } = await walk({ options: { excludeCaches: true } });
    assert.deepEqual(read, ['folder/data', 'link/data', 'short/CACHEDIR.TAG', 'short/data']);
    assert.deepEqual(problems, []);
  });

  it('another file system is an empty folder, if that is asked for, unless it is named', async () => {
    make('mount/in', 'here');
    const isMount = (path: ByteString): boolean => relative(path).startsWith('mount');
    const mounted: Partial<Posix> = {
      status: (path) => {
        const status = posix.status(path);
        if (status === undefined || !isMount(path)) return status;
        return { ...status, device: status.device + 1n };
      },
    };
    const options = { oneFileSystem: true };
    const stayed = await walk({ options, posix: mounted });
    assert.deepEqual(stayed.read, ['here']);
    assert.deepEqual(stayed.closed, ['mount', '']);
    assert.deepEqual((await walk({ posix: mounted })).read, ['here', 'mount/in']);
    assert.deepEqual((await walk({ options, posix: mounted, named: ['mount'] })).read, [
      'mount/in',
    ]);
  });

  describe('beside a base', () => {
    const nothing = { attributes: [], isIncomplete: false };
    const entryOf = (name: string): Uint8Array => {
      const status = posix.status(byteString(at(name))) ?? assert.fail(name);
      const content = { content: [], isList: false };
      const bare = { ...status, sizeBytes: 0 };
      return encodeEntry(
        entryWithContent({ name: byteString(name), status: bare, attributes: nothing, content }),
      );
    };
    const baseOf = (...names: string[]) => {
      const page = joinPage(
        names.map((name) => ({ name: byteString(name), bytes: entryOf(name) })),
      );
      const status = posix.status(byteString(folder)) ?? assert.fail('the folder is there');
      const content = { content: [], isList: false };
      const name = byteString('walk');
      const base = entryWithContent({ name, status, attributes: nothing, content });
      return { base, steps: { basePages: async () => [page] } };
    };
    const empty = (...names: string[]): void => {
      for (const name of names) fs.writeFileSync(at(name), '');
    };

    it('C2: untouched files are taken over as they stand', async () => {
      empty('a', 'b');
      const { read, counts, node } = await walk(baseOf('a', 'b'));
      assert.deepEqual(read, []);
      assert.equal(counts.filesUnmodified, 2);
      assert.equal(node.hasSameEntries, true);
      const kept = node.parts().map(({ bytes }) => Buffer.from(bytes).toString('hex'));
      assert.deepEqual(
        kept,
        [entryOf('a'), entryOf('b')].map((one) => Buffer.from(one).toString('hex')),
      );
    });

    it('touched, new and vanished files make the folder another one', async () => {
      empty('a', 'b', 'c');
      const { base, steps } = baseOf('a', 'b');
      fs.utimesSync(at('a'), 1, 1);
      fs.rmSync(at('b'));
      const { read, counts, node } = await walk({ base, steps });
      assert.deepEqual(read, ['a', 'c']);
      assert.deepEqual([counts.filesChanged, counts.filesNew, counts.filesUnmodified], [1, 1, 0]);
      assert.equal(node.hasSameEntries, false);
      fs.rmSync(at('a'));
      fs.rmSync(at('c'));
      assert.equal((await walk({ base, steps })).node.hasSameEntries, false, 'all are gone');
    });

    it('C2: an untouched file whose packs do not stand is read, whenever that turns out', async () => {
      empty('a', 'b');
      const { base, steps } = baseOf('a', 'b');
      const isB = (cursor: PageCursor): boolean => cursor.name === 'b';
      for (const isStanding of [isB, async (cursor: PageCursor) => isB(cursor)]) {
        const { read, counts } = await walk({ base, steps: { ...steps, isStanding } });
        assert.deepEqual(read, ['a']);
        assert.deepEqual([counts.filesUnmodified, counts.filesChanged], [1, 1]);
      }
    });

    it('C5: what a killed backup had read is not read again', async () => {
      empty('a', 'b');
      const resumed = (path: ByteString) => (path.endsWith('/a') ? entryOf('a') : undefined);
      const { read, counts, node } = await walk({ steps: { resumed } });
      assert.deepEqual(read, ['b']);
      assert.deepEqual([counts.filesNew, counts.filesProcessed], [2, 1]);
      assert.deepEqual(
        node.parts().map(({ name }) => name),
        ['a'],
      );
    });
  });
});
