// Goal: the real disk keeps the promises of the port, with and without direct I/O, whatever
// lengths, offsets and memory it is given.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { AssertionError, errnoOf } from '@kura/base';
import { sampleBytes } from './conformance/bulk.ts';
import { allocatePages } from './memory.ts';
import { nodeDisk } from './node-disk.ts';

const PAGE = 4096;
let folder = '';

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kura-disk-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

const at = (name: string): string => path.join(folder, name);

function hasErrno(code: string): (error: unknown) => boolean {
  return (error) => errnoOf(error) === code;
}

/** `length` bytes that begin `offset` bytes after a page. */
function pageBytes(length: number, offset: number): Uint8Array {
  const bytes = allocatePages(length + offset + 1).subarray(offset, offset + length);
  bytes.set(sampleBytes(length));
  return bytes;
}

for (const direct of [true, false]) {
  const name = direct ? 'direct' : 'cached';

  test(`${name}: every length, offset and memory is written and read back`, async () => {
    const lengths = [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 5 * PAGE + 100];
    for (const [index, length] of lengths.entries()) {
      for (const position of [0, 100, PAGE]) {
        for (const offset of [0, 1, 512]) {
          const bytes = pageBytes(length, offset);
          const file = nodeDisk.create(at(`${index} ${position} ${offset}`), { direct });
          file.write(bytes, position);
          assert.equal(file.sizeBytes(), length === 0 ? 0 : position + length);
          const into = pageBytes(length + 2 * PAGE, offset).fill(1);
          assert.equal(file.read(into, position), length);
          assert.deepEqual(into.subarray(0, length), bytes);
          assert.equal(file.read(into, position + length), 0);
          file.close();
        }
      }
    }
  });

  test(`${name}: parts written in any order make one file`, async () => {
    const whole = sampleBytes(10 * PAGE + 10);
    const bytes = allocatePages(whole.length);
    bytes.set(whole);
    const file = nodeDisk.create(at('file'), { direct });
    file.write(bytes.subarray(8 * PAGE), 8 * PAGE);
    file.write(bytes.subarray(0, 4 * PAGE + 7), 0);
    file.write(bytes.subarray(4 * PAGE + 7, 8 * PAGE), 4 * PAGE + 7);
    await file.sync();
    file.close();
    await nodeDisk.syncFolder(folder);
    assert.deepEqual(new Uint8Array(fs.readFileSync(at('file'))), whole);
    const again = nodeDisk.openRead(at('file'), { direct });
    const into = allocatePages(16 * PAGE);
    assert.equal(again.read(into, 0), whole.length);
    assert.deepEqual(into.subarray(0, whole.length), whole);
    assert.equal(again.read(into.subarray(0, PAGE), 2 * PAGE), PAGE);
    assert.deepEqual(into.subarray(0, PAGE), whole.subarray(2 * PAGE, 3 * PAGE));
    again.close();
  });

  test(`${name}: a file can be cut and lengthened`, () => {
    const file = nodeDisk.create(at('file'), { direct });
    file.write(pageBytes(3 * PAGE, 0), 0);
    file.truncate(PAGE + 5);
    assert.equal(file.read(allocatePages(4 * PAGE), 0), PAGE + 5);
    file.truncate(4 * PAGE);
    assert.equal(file.sizeBytes(), 4 * PAGE);
    file.close();
  });

  test(`${name}: a closed file refuses every call`, async () => {
    const before = fs.readdirSync('/proc/self/fd').length;
    const file = nodeDisk.create(at('file'), { direct });
    file.close();
    assert.equal(fs.readdirSync('/proc/self/fd').length, before);
    assert.throws(() => file.write(pageBytes(1, 0), 0), AssertionError);
    assert.throws(() => file.read(pageBytes(1, 0), 0), AssertionError);
    assert.throws(() => file.sizeBytes(), AssertionError);
    assert.throws(() => file.close(), AssertionError);
    await assert.rejects(async () => file.sync(), AssertionError);
  });

  test(`${name}: a new file never replaces one, and is its owner's alone`, () => {
    nodeDisk.create(at('file'), { direct }).close();
    assert.throws(() => nodeDisk.create(at('file'), { direct }), hasErrno('EEXIST'));
    assert.equal(fs.statSync(at('file')).mode & 0o777, 0o600);
    nodeDisk.create(at('shared'), { direct, mode: 0o644 }).close();
    assert.equal(fs.statSync(at('shared')).mode & 0o777, 0o644);
    assert.throws(() => nodeDisk.openRead(at('none'), { direct }), hasErrno('ENOENT'));
  });

  test(`${name}: a file that was unlinked after it was opened is still the same file`, () => {
    const file = nodeDisk.create(at('file'), { direct });
    nodeDisk.unlink(at('file'));
    file.write(pageBytes(PAGE + 1, 0), 0);
    assert.equal(file.sizeBytes(), PAGE + 1);
    file.close();
  });
}

test('a file system without direct I/O is used all the same', () => {
  // /proc refuses O_DIRECT with EINVAL, as network file systems and FUSE may.
  const file = nodeDisk.openRead('/proc/self/status', { direct: true });
  const into = allocatePages(PAGE);
  const length = file.read(into, 0);
  assert.match(Buffer.from(into.subarray(0, length)).toString(), /^Name:/);
  file.close();
});

test('link gives a second name and never replaces; rename replaces', () => {
  nodeDisk.create(at('one')).close();
  nodeDisk.link(at('one'), at('two'));
  assert.equal(fs.statSync(at('two')).nlink, 2);
  assert.throws(() => nodeDisk.link(at('one'), at('two')), hasErrno('EEXIST'));
  nodeDisk.rename(at('one'), at('three'));
  assert.equal(nodeDisk.stat(at('one')), undefined);
  nodeDisk.unlink(at('two'));
  assert.throws(() => nodeDisk.unlink(at('two')), hasErrno('ENOENT'));
});

test('folders are made with their parents, closed to others, and listed with kinds', () => {
  nodeDisk.makeFolder(at('a/b'));
  nodeDisk.makeFolder(at('a/b'));
  assert.equal(fs.statSync(at('a')).mode & 0o777, 0o700);
  nodeDisk.create(at('file')).close();
  fs.symlinkSync('file', at('link'));
  const listed = nodeDisk.list(folder).sort((x, y) => (x.name < y.name ? -1 : 1));
  assert.deepEqual(listed, [
    { name: 'a', kind: 'folder' },
    { name: 'file', kind: 'file' },
    { name: 'link', kind: 'other' },
  ]);
  assert.equal(nodeDisk.stat(at('link'))?.kind, 'other');
  assert.throws(() => nodeDisk.removeFolder(at('a')), hasErrno('ENOTEMPTY'));
  nodeDisk.removeFolder(at('a/b'));
  assert.throws(() => nodeDisk.list(at('a/b')), hasErrno('ENOENT'));
});

test('stat tells size and time, and nothing of what is not there', () => {
  const file = nodeDisk.create(at('file'));
  file.write(sampleBytes(77), 0);
  file.close();
  const stat = nodeDisk.stat(at('file'));
  assert.equal(stat?.sizeBytes, 77);
  assert.equal(stat.modifiedMs, fs.statSync(at('file')).mtimeMs);
  assert.equal(nodeDisk.stat(at('none')), undefined);
});

test('syncing what is not a folder fails', async () => {
  await assert.rejects(nodeDisk.syncFolder(at('none')), hasErrno('ENOENT'));
  nodeDisk.create(at('file')).close();
  await assert.rejects(nodeDisk.syncFolder(at('file')), hasErrno('ENOTDIR'));
});

test('free space is a plausible number', () => {
  const { bsize, blocks } = fs.statfsSync(folder);
  const free = nodeDisk.freeBytes(folder);
  assert.ok(free > 0 && free <= bsize * blocks);
});
