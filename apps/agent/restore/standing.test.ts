// Goal: what stands in the target is kept, replaced or removed exactly as the options say, and nothing is
// ever written through a link that stands there (C10).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ByteString, byteString } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import { loadNative } from '@kura/native';
import type { RestoreSummary } from './ports.ts';
import { capture, captureTree } from './test-capture.ts';
import { TestPlace } from './test-place.ts';
import { SOME_TIME_NS, TestTree } from './test-tree.ts';

const { posix } = loadNative();
const OLD_NS = SOME_TIME_NS - 10n ** 12n;

let place: TestPlace;
beforeEach(() => {
  place = new TestPlace({ inMemory: true });
});
afterEach(() => place.remove());

/** restored, updated, unchanged, skipped, deleted. */
function counts(summary: RestoreSummary): number[] {
  assert.deepEqual(summary.problems, []);
  const { restored, updated, unchanged, skipped, deleted } = summary;
  return [restored, updated, unchanged, skipped, deleted];
}

function inodeOf(path: string): number {
  return fs.lstatSync(place.at(path)).ino;
}

function setTime(path: string, timeNs: bigint): void {
  const folder = posix.openFolder(byteString(place.at('')));
  posix.setTimesAt(folder, byteString(path), timeNs);
  posix.close(folder);
}

/** Mounts what lies outside on a folder of the target; false if this user may not. */
function mount(path: string): boolean {
  try {
    execFileSync('mount', ['--bind', place.outside, place.at(path)], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const read = (path: string): string => fs.readFileSync(place.at(path), 'utf8');
const write = (path: string, text: string): void => fs.writeFileSync(place.at(path), text);

describe('overwrite', () => {
  it('if-changed: leaves alone what is the same, restores what is not', async () => {
    const tree = new TestTree();
    const attributes = [{ name: byteString('user.a'), value: new Uint8Array([1]) }];
    const children = ['content', 'mode', 'time', 'attribute', 'same', 'linkA'].map((name) =>
      tree.file(name, 'text', { attributes }),
    );
    const root = tree.folder('', [
      ...children,
      tree.symlink('symlink', 'there'),
      tree.symlink('other', 'there'),
      tree.entry('fifo', 'pipe'),
      tree.folder('folder', [tree.file('in it', 'x')]),
    ]);
    await place.restore(tree, root);
    assert.deepEqual(
      counts(await place.restore(tree, root, { overwrite: 'if-changed' })),
      [0, 0, 11, 0, 0],
    );
    write('content', 'longer');
    fs.chmodSync(place.at('mode'), 0o600);
    setTime('time', OLD_NS);
    const [attribute] = attributes;
    assert.ok(attribute !== undefined);
    const file = posix.openFolder(byteString(place.at('')));
    posix.setAttributeAt(file, byteString('attribute'), {
      ...attribute,
      value: new Uint8Array([2]),
    });
    posix.close(file);
    fs.unlinkSync(place.at('other'));
    fs.symlinkSync('elsewhere', place.at('other'));
    setTime('other', SOME_TIME_NS);
    const same = inodeOf('same');
    const summary = await place.restore(tree, root, { overwrite: 'if-changed' });
    assert.deepEqual(counts(summary), [0, 5, 6, 0, 0]);
    assert.equal(inodeOf('same'), same);
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
    place.assertTidy();
  });

  it('if-changed with verify: finds other bytes under the same size and time', async () => {
    const tree = new TestTree();
    const holes = [{ offset: 8192, length: 1 << 20 }];
    const root = tree.folder('', [
      tree.file('bytes', 'right'),
      tree.listedFile('list', new Uint8Array(5000).fill(3), 1),
      tree.file('hole', new Uint8Array(8192), { holes }),
      tree.file('intact', new Uint8Array(8192).fill(9), { holes }),
    ]);
    await place.restore(tree, root);
    const before = await tree.entries(root);
    const damage = (name: string, position: number): void => {
      const file = fs.openSync(place.at(name), 'r+');
      fs.writeSync(file, 'wrong', position);
      fs.closeSync(file);
      const entry = before.find((one) => one.name === name);
      setTime(name, entry?.mtimeNs ?? 0n);
    };
    damage('bytes', 0);
    damage('list', 4000);
    damage('hole', 1 << 19);
    const intact = inodeOf('intact');
    const unchecked = await place.restore(tree, root, { overwrite: 'if-changed' });
    assert.deepEqual(counts(unchecked), [0, 0, 4, 0, 0]);
    const checked = await place.restore(tree, root, { overwrite: 'if-changed', verify: true });
    assert.deepEqual(counts(checked), [0, 3, 1, 0, 0]);
    assert.equal(inodeOf('intact'), intact);
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
  });

  it('if-newer: replaces only what is older', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at('folder there'), { recursive: true });
    for (const name of ['older', 'newer', 'folder here']) write(name, 'mine');
    setTime('older', OLD_NS);
    const root = tree.folder('', [
      tree.file('older', 'snapshot'),
      tree.file('newer', 'snapshot'),
      tree.file('folder there', 'snapshot'),
      tree.folder('folder here', [tree.file('lost', '')]),
      tree.file('new', 'snapshot'),
    ]);
    const summary = await place.restore(tree, root, { overwrite: 'if-newer' });
    assert.deepEqual(counts(summary), [1, 1, 0, 3, 0]);
    assert.deepEqual(['older', 'newer', 'folder here', 'new'].map(read), [
      'snapshot',
      'mine',
      'mine',
      'snapshot',
    ]);
  });

  it('never: adds what is missing and changes nothing', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at('both'), { recursive: true, mode: 0o700 });
    write('file', 'mine');
    write('both/mine', 'mine');
    const root = tree.folder('', [
      tree.file('file', 'snapshot'),
      tree.folder('both', [tree.file('new', 'snapshot')], { mode: 0o755 }),
      tree.folder('new', [tree.file('new', 'snapshot')]),
    ]);
    const summary = await place.restore(tree, root, { overwrite: 'never' });
    assert.deepEqual(counts(summary), [3, 0, 1, 1, 0]);
    assert.equal(read('file'), 'mine');
    assert.equal(read('both/mine'), 'mine');
    assert.equal(read('both/new'), 'snapshot');
    assert.equal(fs.statSync(place.at('both')).mode & 0o777, 0o700);
  });

  it('always: replaces every type by every other one', async () => {
    const tree = new TestTree();
    const make: Record<string, (path: string) => void> = {
      file: (path) => write(path, 'mine'),
      folder: (path) => {
        fs.mkdirSync(place.at(path));
        write(`${path}/inside`, 'mine');
      },
      link: (path) => fs.symlinkSync(place.outside, place.at(path)),
    };
    const entry: Record<string, (name: string) => TreeEntry> = {
      file: (name) => tree.file(name, 'snapshot'),
      folder: (name) => tree.folder(name, [tree.file('file', 'snapshot')]),
      link: (name) => tree.symlink(name, '/nowhere'),
    };
    fs.mkdirSync(place.at(''));
    const children: TreeEntry[] = [];
    for (const [from, before] of Object.entries(make)) {
      for (const [to, after] of Object.entries(entry)) {
        before(`${from} to ${to}`);
        children.push(after(`${from} to ${to}`));
      }
    }
    const root = tree.folder('', children);
    const summary = await place.restore(tree, root);
    assert.equal(summary.problemCount, 0);
    const found = capture(place.target);
    assert.equal(found.get('folder to folder/inside')?.slice(0, 4), 'file');
    found.delete('folder to folder/inside');
    assert.deepEqual(found, await captureTree(tree, root));
    place.assertTidy();
  });
});

describe('links and mounts in the target', () => {
  it('C10: a link where the snapshot has a folder is replaced, never followed', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at(''));
    fs.symlinkSync(`${place.outside}/folder`, place.at('a'));
    fs.symlinkSync(place.outside, place.at('file'));
    const root = tree.folder('', [
      tree.folder('a', [tree.folder('b', [tree.file('c', 'inside')])]),
      tree.file('file', 'inside'),
    ]);
    await place.restore(tree, root);
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
    place.assertTidy();
  });

  it('C10: nothing is written or removed through a mount of the same file system', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at('a/mounted'), { recursive: true });
    fs.mkdirSync(place.at('extra/mounted'), { recursive: true });
    const root = tree.folder('', [
      tree.folder('a', [tree.folder('mounted', [tree.file('file', 'inside')], { mode: 0o711 })]),
    ]);
    const mounts = ['a/mounted', 'extra/mounted'].filter(mount);
    try {
      const restores = [place.restore(tree, root), place.restore(tree, [], { delete: true })];
      const results = await Promise.allSettled(restores);
      const refusals = results.filter(
        (result) => result.status === 'rejected' && /is a mount point/.test(String(result.reason)),
      );
      // Where mounting is not allowed, there is nothing to write through.
      assert.equal(refusals.length, mounts.length);
    } finally {
      for (const path of mounts) execFileSync('umount', [place.at(path)]);
    }
    place.assertTidy();
  });

  it('refuses a target that is a link or a file', async () => {
    const tree = new TestTree();
    const root = tree.folder('', [tree.file('file', 'x')]);
    fs.symlinkSync(place.outside, place.at(''));
    await assert.rejects(place.restore(tree, root), { code: 'usage' });
    fs.unlinkSync(place.at(''));
    write('', 'a file');
    await assert.rejects(place.restore(tree, root), { code: 'usage' });
    const below = `${place.target}/below` as ByteString;
    await assert.rejects(place.restore(tree, root, { target: below }), { code: 'usage' });
    const relative = byteString('relative/path');
    await assert.rejects(place.restore(tree, root, { target: relative }), { code: 'usage' });
    const dots = `${place.target}/../x` as ByteString;
    await assert.rejects(place.restore(tree, root, { target: dots }), { code: 'usage' });
    place.assertTidy();
  });
});

describe('hard links that stand there', () => {
  it('breaks no link to the outside, and joins names that came apart', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at(''));
    fs.linkSync(`${place.outside}/file`, place.at('a'));
    const first = tree.file('b', 'linked', { links: 2 });
    const second = { ...first, name: byteString('c') };
    const root = tree.folder('', [tree.file('a', 'snapshot'), first, second]);
    await assert.doesNotReject(place.restore(tree, root));
    place.assertTidy();
    assert.equal(fs.readFileSync(`${place.outside}/file`, 'utf8'), 'precious');
    fs.unlinkSync(place.at('c'));
    fs.copyFileSync(place.at('b'), place.at('c'));
    setTime('c', first.mtimeNs);
    fs.chmodSync(place.at('c'), first.mode);
    const summary = await place.restore(tree, root, { overwrite: 'if-changed' });
    assert.deepEqual(counts(summary), [0, 2, 1, 0, 0]);
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
  });
});

describe('delete', () => {
  it('removes what the snapshot does not have, in the folders that it has', async () => {
    const tree = new TestTree();
    for (const folder of ['kept/deep', 'gone/deep', 'kept/gone']) {
      fs.mkdirSync(place.at(folder), { recursive: true });
      write(`${folder}/file`, 'mine');
    }
    fs.symlinkSync(place.outside, place.at('gone/link'));
    fs.symlinkSync(place.outside, place.at('link'));
    const root = tree.folder('', [
      tree.folder('kept', [tree.folder('deep', [tree.file('file', 'snapshot')])]),
    ]);
    const dry = await place.restore(tree, root, { delete: true, dryRun: true });
    assert.deepEqual(counts(dry), [0, 3, 0, 0, 7]);
    assert.equal(read('gone/deep/file'), 'mine');
    const summary = await place.restore(tree, root, { delete: true });
    assert.deepEqual(counts(summary), [0, 3, 0, 0, 7]);
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
    place.assertTidy();
  });

  it('keeps what does not match, and the folders it is in', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at('extra/deep'), { recursive: true });
    for (const name of ['extra/deep/a.txt', 'extra/deep/b.bin', 'c.txt', 'd.bin']) write(name, '');
    const matches = (path: ByteString): boolean => path.endsWith('.txt');
    const summary = await place.restore(tree, tree.folder('', []), { delete: true, matches });
    assert.equal(summary.deleted, 2);
    assert.deepEqual([...capture(place.target).keys()].sort(), [
      '',
      'd.bin',
      'extra',
      'extra/deep',
      'extra/deep/b.bin',
    ]);
    place.assertTidy();
  });

  it('does not take one file for all that belongs in the target', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at(''));
    write('mine', 'mine');
    const summary = await place.restore(tree, tree.file('one', '1'), { delete: true });
    assert.equal(summary.deleted, 0);
    assert.deepEqual(fs.readdirSync(place.at('')), ['mine', 'one']);
  });
});

describe('folders that stand there', () => {
  it('get the attributes of the snapshot and keep their identity', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at('folder/same'), { recursive: true });
    const attributes = [{ name: byteString('user.a'), value: new Uint8Array([1]) }];
    const same = tree.folder('same', []);
    const root = tree.folder('', [tree.folder('folder', [same], { mode: 0o511, attributes })], {
      mode: 0o700,
    });
    const inode = inodeOf('folder');
    const summary = await place.restore(tree, root, { overwrite: 'if-changed' });
    assert.deepEqual(counts(summary), [0, 2, 0, 0, 0]);
    assert.deepEqual(capture(place.target), await captureTree(tree, root));
    assert.equal(inodeOf('folder'), inode);
    const again = await place.restore(tree, root, { overwrite: 'if-changed' });
    assert.deepEqual(counts(again), [0, 0, 2, 0, 0]);
  });

  it('keep their time if nothing is restored into them', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at('one'), { recursive: true });
    const before = capture(place.target, { withInodes: true });
    const one = tree.folder('one', [tree.file('x', '')]);
    await place.restore(tree, [one], { matches: (path) => path === 'two' });
    assert.deepEqual(capture(place.target, { withInodes: true }), before);
    await place.restore(tree, [tree.folder('one', [tree.file('x', '')])], {
      matches: (path) => path === 'one/x',
    });
    assert.equal(capture(place.target).get(''), before.get('')?.replace(/ inode.*/, ''));
  });
});
