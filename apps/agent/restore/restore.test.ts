// Goal: what a restore writes to a new folder is what the snapshot has: every type, every attribute, every
// name (C10: the whole, or only a part of it).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ByteString, byteString, MAX_TREE_DEPTH } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import { loadNative } from '@kura/native';
import { FileWriter } from './file-writer.ts';
import { PART_BYTES } from './large-file.ts';
import type { FileWriters } from './ports.ts';
import { capture, captureTree } from './test-capture.ts';
import { type RunOptions, TestPlace } from './test-place.ts';
import { TestTree } from './test-tree.ts';

const { posix } = loadNative();
const isRoot = process.getuid?.() === 0;
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
/** user::rw- user:10:r-- group::r-- mask::rw- other::r--, as Linux stores it. */
const ACL = bytes(
  '0200000001000600ffffffff020004000a00000004000400ffffffff10000600ffffffff20000400ffffffff',
);

let place: TestPlace;
beforeEach(() => {
  place = new TestPlace({ inMemory: true });
});
afterEach(() => place.remove());

/** Restores without a problem, compares everything, returns the summary. */
async function comesBack(tree: TestTree, root: TreeEntry): Promise<void> {
  const summary = await place.restore(tree, root);
  assert.deepEqual(summary.problems, []);
  const expected = await captureTree(tree, root);
  assert.deepEqual(capture(place.target), expected);
  assert.equal(summary.restored, expected.size - 1);
  place.assertTidy();
}

describe('restore to a new folder', () => {
  it('C10: brings back every type with every attribute', async () => {
    const tree = new TestTree();
    const attributes = [{ name: byteString('user.kura'), value: bytes('00ff') }];
    const acl = [{ name: byteString('system.posix_acl_access'), value: ACL }];
    const defaultAcl = [{ name: byteString('system.posix_acl_default'), value: ACL }];
    const owners = isRoot ? { uid: 1234, gid: 4321 } : {};
    const devices = isRoot
      ? [
          tree.entry('character', 'null', { mode: 0o666, deviceNumber: 0x103n }),
          tree.entry('block', 'disk', { mode: 0o660, deviceNumber: 0x10300n }),
        ]
      : [];
    const inner = tree.folder('inner', [tree.file('deep', 'deep')], { mode: 0o500 });
    const inherits = tree.folder('inherits', [tree.file('has none', '')], {
      attributes: defaultAcl,
    });
    const root = tree.folder(
      '',
      [
        tree.file('empty', ''),
        tree.file('file', 'content', { mode: 0o4751, attributes, ...owners }),
        tree.file('old', 'x', { mode: 0o400, mtimeNs: -1_500_000_001n, attributes }),
        tree.file('shared', 'y', { mode: 0o664, attributes: acl }),
        tree.symlink('link', '/etc/passwd', owners),
        tree.symlink('dangling', '../../nowhere'),
        tree.entry('fifo', 'pipe', { mode: 0o640, ...owners }),
        tree.entry('socket', 'socket', { mode: 0o755 }),
        tree.folder('closed', [inner], { mode: 0o511, attributes, ...owners }),
        tree.folder('sticky', [], { mode: 0o1777 }),
        inherits,
        ...devices,
      ],
      { mode: 0o750 },
    );
    await comesBack(tree, root);
  });

  it('C10: keeps names of any bytes', async () => {
    const tree = new TestTree();
    const every = Array.from({ length: 255 }, (_, index) => String.fromCharCode(index + 1))
      .join('')
      .replace('/', '');
    const names = ['…', '日本', ' ', '-rf', '"', "'", '\n', 'a'.repeat(255), '.hidden', '...'];
    const raw = ['\xff\xfe', 'caf\xe9', every] as ByteString[];
    const children = [
      ...names.map((name) => tree.file(name, name)),
      ...raw.map((name) => tree.file('', name, { name })),
      tree.symlink('target of any bytes', '', { target: '\xff/\n\x01' as ByteString }),
    ];
    await comesBack(tree, tree.folder('', children));
  });

  it('links files among themselves, whatever their type and folder', async () => {
    const tree = new TestTree();
    const first = tree.file('first', 'one file', { links: 3 });
    const pipe = tree.entry('fifo', 'pipe', { links: 2 });
    const link = tree.symlink('link', 'x', { links: 2 });
    const again = (entry: TreeEntry, name: string): TreeEntry => ({
      ...entry,
      name: byteString(name),
    });
    const below = [again(first, 'third'), again(pipe, 'pipe too'), again(link, 'link too')];
    const root = tree.folder('', [
      first,
      again(first, 'second'),
      pipe,
      link,
      tree.folder('below', below),
    ]);
    const reads = tree.reads;
    await comesBack(tree, root);
    assert.equal(fs.statSync(place.at('below/third')).nlink, 3);
    assert.equal(tree.reads - reads, 4, 'written once; the rest is this test comparing');
  });

  it('keeps files apart that claim to be one and are not', async () => {
    const tree = new TestTree();
    const one = tree.file('a', 'one', { links: 2 });
    const other = { ...tree.file('b', 'two', { links: 2 }), inode: one.inode };
    const summary = await place.restore(tree, tree.folder('', [one, other]));
    assert.deepEqual(
      summary.problems.map(({ kind, path }) => `${kind} ${path}`),
      ['not_linked b'],
    );
    assert.equal(fs.readFileSync(place.at('a'), 'utf8'), 'one');
    assert.equal(fs.readFileSync(place.at('b'), 'utf8'), 'two');
  });

  it('brings back holes, also at the end and around data in several chunks', async () => {
    const tree = new TestTree(10_000);
    const data = new Uint8Array(65_536).fill(7);
    const mebi = 1 << 20;
    const holes = [
      { offset: 0, length: mebi },
      { offset: mebi + 32_768, length: mebi },
      { offset: 2 * mebi + 65_536, length: 3 * mebi },
    ];
    const root = tree.folder('', [
      tree.file('sparse', data, { holes }),
      tree.file('only a hole', '', { holes: [{ offset: 0, length: 2 ** 33 }] }),
    ]);
    await comesBack(tree, root);
    const { blocks } = fs.statSync(place.at('sparse'));
    assert.equal(blocks * 512, data.length);
    assert.equal(fs.statSync(place.at('only a hole')).blocks, 0);
  });

  it('turns zeros into holes if asked to, and only then', async () => {
    const tree = new TestTree(100_000);
    const data = new Uint8Array(1 << 20);
    data[300_000] = 1;
    const root = tree.folder('', [tree.file('zeros', data), tree.file('all', data.slice(0, 8192))]);
    await place.restore(tree, root, { sparse: true });
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
    assert.ok(fs.statSync(place.at('zeros')).blocks * 512 <= 3 * 4096);
    assert.equal(fs.statSync(place.at('all')).blocks, 0);
    await place.restore(tree, root);
    assert.ok(fs.statSync(place.at('zeros')).blocks * 512 >= data.length);
  });

  it('cuts large files in parts and expands lists of content', async () => {
    place.remove();
    place = new TestPlace(); // memory may be too small for this one
    const tree = new TestTree(4 << 20);
    const size = PART_BYTES + (5 << 20) + 123;
    const data = new Uint8Array(size).map((_, index) => index >>> 12);
    const holes = [{ offset: 3 << 20, length: 1 << 20 }];
    const small = new TestTree(1000);
    await comesBack(
      small,
      small.folder('', [small.listedFile('listed', data.slice(0, 123_456), 10)]),
    );
    await place.restore(tree, tree.folder('', [tree.file('large', data, { holes })]));
    const found = fs.readFileSync(place.at('large'));
    const [hole] = holes;
    assert.ok(hole !== undefined);
    assert.equal(found.length, size + hole.length);
    const before = found.subarray(0, hole.offset);
    const after = found.subarray(hole.offset + hole.length);
    assert.ok(Buffer.concat([before, after]).equals(data));
  });

  it('makes the folders on the way, and none of them if it fails', async () => {
    const tree = new TestTree();
    const target = `${place.target}/a/b/c` as ByteString;
    const root = tree.folder('', [tree.file('file', 'content')]);
    await place.restore(tree, root, { target });
    assert.equal(fs.readFileSync(place.at('a/b/c/file'), 'utf8'), 'content');
    assert.equal(fs.statSync(place.at('a')).mode & 0o777, 0o777 & ~process.umask());
    place.assertTidy();
    const broken = tree.folder('', [{ ...tree.file('x', 'x'), content: tree.content(bytes('')) }]);
    await assert.rejects(place.restore(tree, broken, { target: `${target}/d/e` as ByteString }));
    assert.deepEqual(fs.readdirSync(place.at('a/b/c')), ['file']);
  });

  it('takes neither group nor ACL from the folder around the target', async () => {
    const tree = new TestTree();
    const around = `${place.target}/around` as ByteString;
    const parents = tree.folder('', [tree.folder('around', [], { mode: 0o2775 })]);
    await place.restore(tree, parents);
    const folder = posix.openFolder(around);
    const name = byteString('system.posix_acl_default');
    posix.setAttribute(folder, { name, value: ACL });
    posix.close(folder);
    const root = tree.folder('', [tree.folder('folder', [tree.file('file', '')])]);
    const target = `${around}/new` as ByteString;
    await place.restore(tree, root, { target });
    assert.deepEqual(capture(target), await captureTree(tree, root));
  });

  it(`goes ${MAX_TREE_DEPTH} folders deep and refuses to go deeper`, async () => {
    const tree = new TestTree();
    const nest = (depth: number): TreeEntry => {
      let entry = tree.file('f', 'deep');
      for (let level = 0; level < depth; level++) entry = tree.folder('d', [entry]);
      return entry;
    };
    const summary = await place.restore(tree, nest(MAX_TREE_DEPTH + 1));
    assert.equal(summary.restored, MAX_TREE_DEPTH + 1);
    const other = `${place.target}-2` as ByteString;
    await assert.rejects(place.restore(tree, nest(MAX_TREE_DEPTH + 2), { target: other }), {
      code: 'hostile',
    });
    place.assertTidy();
  });
});

describe('selection', () => {
  it('C10: restores only what matches, in its folders', async () => {
    const tree = new TestTree();
    const inner = tree.folder('inner', [tree.file('a.txt', 'a'), tree.file('b.bin', 'b')]);
    const root = tree.folder('', [
      tree.folder('docs', [inner, tree.folder('empty', [])]),
      tree.folder('cache', [tree.file('c.txt', 'c')]),
    ]);
    const matches = (path: ByteString): boolean | 'prune' =>
      path === 'cache' ? 'prune' : path.endsWith('.txt');
    const summary = await place.restore(tree, root, { matches });
    assert.deepEqual(
      [...capture(place.target).keys()],
      ['', 'docs', 'docs/inner', 'docs/inner/a.txt'],
    );
    assert.equal(summary.restored, 3);
  });

  it('puts several entries, or one file, into the target and leaves its attributes', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at(''), { mode: 0o700 });
    const file = tree.file('one', '1');
    await place.restore(tree, file);
    await place.restore(tree, [tree.folder('z', [tree.file('two', '2')]), tree.file('a', '')]);
    assert.deepEqual([...capture(place.target).keys()], ['', 'a', 'one', 'z', 'z/two']);
    assert.equal(fs.statSync(place.at('')).mode & 0o777, 0o700);
  });

  it('says what it would do and does nothing', async () => {
    const tree = new TestTree();
    const root = tree.folder('', [tree.folder('f', [tree.file('a', 'abc')]), tree.file('b', '')]);
    const summary = await place.restore(tree, root, { dryRun: true });
    assert.equal(summary.restored, 3);
    assert.equal(summary.bytes, 3);
    assert.ok(!fs.existsSync(place.at('')));
    place.assertTidy();
  });
});

describe('limits', () => {
  it('C10: checks the space before it writes anything, and names need and have', async () => {
    const tree = new TestTree();
    const huge = tree.file('huge', 'x', { sizeBytes: 2 ** 50 });
    const content = [{ id: huge.content[0]?.id, length: 2 ** 50 }] as TreeEntry['content'];
    const root = tree.folder('', [tree.file('small', 'x'), { ...huge, content }]);
    await assert.rejects(place.restore(tree, root), (error: Error) => {
      assert.match(error.message, /needs 1\.00 PiB and there are .* free/);
      return 'code' in error && error.code === 'no_space';
    });
    place.assertTidy();
  });

  it('reports what the snapshot lacks and what this user may not', async () => {
    const tree = new TestTree();
    const file = tree.file('program', '', { mode: 0o6755, uid: 4242, gid: 4242 });
    const label = [{ name: byteString('nonsense.name'), value: bytes('00') }];
    const root = tree.folder('', [
      tree.file('partial', '', { isIncomplete: true }),
      file,
      tree.file('labelled', '', { attributes: label }),
      tree.entry('character', 'device', { deviceNumber: 1n }),
      tree.file(`long${'x'.repeat(300)}`, 'long'),
      tree.folder(`long${'y'.repeat(300)}`, [tree.file('lost', 'lost')]),
    ]);
    const summary = await place.restore(tree, root, { owners: false });
    const kinds = summary.problems.map(({ kind, path }) => `${kind} ${path.slice(0, 8)}`);
    assert.deepEqual(kinds.sort(), [
      'attribute labelled',
      'attribute program',
      'incomplete partial',
      'not_restored device',
      'not_restored longxxxx',
      'not_restored longyyyy',
    ]);
    assert.equal(fs.statSync(place.at('program')).mode & 0o7777, 0o755);
    assert.deepEqual([summary.restored, summary.skipped], [3, 4]);
  });

  it('without node:ffi restores what plain Node can and names the rest', async () => {
    const tree = new TestTree();
    const attributes = [{ name: byteString('user.kura'), value: bytes('00') }];
    const root = tree.folder('', [
      tree.file('file', 'content', { attributes, mtimeNs: 1_714_979_289_123_000_000n }),
      tree.entry('fifo', 'pipe'),
      tree.folder('folder', [tree.symlink('link', 'file')]),
    ]);
    const ports = { posix: loadNative('twin').posix };
    const summary = await place.restore(tree, root, { ports });
    assert.deepEqual(
      summary.problems.map(({ kind, path }) => `${kind} ${path}`),
      ['not_restored pipe', 'attribute file'],
    );
    assert.equal(fs.readFileSync(place.at('folder/link/../../file'), 'utf8'), 'content');
    const again = await place.restore(tree, root, { ports, overwrite: 'if-changed' });
    assert.deepEqual([again.unchanged, again.updated, again.skipped], [3, 0, 1]);
    place.assertTidy();
  });

  it('hands batches to a pool that writes several at once', async () => {
    const tree = new TestTree();
    const files = Array.from({ length: 2000 }, (_, index) => tree.file(`f${index}`, `${index}`));
    const root = tree.folder('', files);
    let underWay = 0;
    let most = 0;
    const ports: RunOptions['ports'] = {
      openWriters: async (where): Promise<FileWriters> => {
        const writers = [0, 1, 2].map(() => {
          return new FileWriter({
            posix,
            content: tree.reader(),
            place: structuredClone(where),
          });
        });
        return {
          concurrency: 3,
          async write(batch) {
            const writer = writers.pop();
            assert.ok(writer !== undefined);
            most = Math.max(most, ++underWay);
            const outcome = await writer.write(structuredClone(batch));
            underWay--;
            writers.push(writer);
            return outcome;
          },
          async close() {
            for (const writer of writers) writer.close();
          },
        };
      },
    };
    const summary = await place.restore(tree, root, { ports, verify: true });
    assert.equal(summary.restored, 2000);
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
    assert.equal(most, 3);
  });
});
