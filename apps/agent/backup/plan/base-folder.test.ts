import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString, must } from '@kura/base';
import { encodePage, PageCursor, type TreeEntry } from '@kura/format';
import type { FileStatus } from '@kura/native';
import { BaseFolder, isUntouched } from './base-folder.ts';
import { fileStatus } from './test-status.ts';

const STATUS = fileStatus({ sizeBytes: 0, blocks: 0 });

function entry(name: string, change: Partial<TreeEntry> = {}): TreeEntry {
  const { blocks, ...known } = STATUS;
  return {
    ...known,
    name: byteString(name),
    target: '' as ByteString,
    holes: [],
    attributes: [],
    isIncomplete: false,
    content: [],
    isList: false,
    ...change,
  };
}

const pages = (...folder: string[][]): Uint8Array[] =>
  folder.map((names) => encodePage(names.map((name) => entry(name))));

/** Looks for each name as a walk does; the names that the base has. */
function visit(base: BaseFolder, names: readonly string[]): string[] {
  return names.filter((name) => {
    const found = base.find(byteString(name));
    if (found !== undefined) base.use();
    return found !== undefined;
  });
}

describe('a folder beside what the base has of it', () => {
  it('the same names, over any number of pages: all are found, nothing is left', () => {
    for (const folder of [
      [['a', 'b', 'c']],
      [['a'], ['b'], ['c']],
      [[], ['a', 'b'], [], ['c'], []],
    ]) {
      const base = new BaseFolder(pages(...folder));
      assert.deepEqual(visit(base, ['a', 'b', 'c']), ['a', 'b', 'c']);
      assert.equal(base.isExhausted, true);
    }
  });

  it('a name that is new is not found, and hides none that follows', () => {
    const base = new BaseFolder(pages(['b', 'd']));
    assert.deepEqual(visit(base, ['a', 'b', 'c', 'd', 'e']), ['b', 'd']);
    assert.equal(base.isExhausted, true);
  });

  it('a name that is gone is noticed, wherever it was', () => {
    for (const gone of ['a', 'b', 'c']) {
      const base = new BaseFolder(pages(['a', 'b'], ['c']));
      const names = ['a', 'b', 'c'].filter((name) => name !== gone);
      assert.deepEqual(visit(base, names), names);
      assert.equal(base.isExhausted, false, gone);
    }
  });

  it('an entry that was found and not used is still there', () => {
    const base = new BaseFolder(pages(['a']));
    assert.equal(base.find(byteString('a'))?.name, 'a');
    assert.equal(base.isExhausted, false);
  });

  it('a folder that the base does not have, or has empty, is exhausted at once', () => {
    assert.equal(new BaseFolder([]).isExhausted, true);
    assert.equal(new BaseFolder(pages([])).isExhausted, true);
  });
});

describe('C2: whether somebody touched an entry since', () => {
  const untouched = (was: Partial<TreeEntry>, is: Partial<FileStatus>): boolean => {
    const cursor = new PageCursor(encodePage([entry('x', was)]));
    assert.equal(cursor.next(), true);
    return isUntouched(cursor, { ...STATUS, ...is });
  };

  it('nothing differs: nobody did', () => {
    assert.equal(untouched({}, {}), true);
    assert.equal(untouched({ type: 'folder' }, { type: 'folder' }), true);
  });

  it('size, times, inode or type differ: somebody did', () => {
    for (const change of [
      { sizeBytes: 1 },
      { mtimeNs: 9n },
      { ctimeNs: 12n },
      { inode: 1n },
      { type: 'fifo' },
    ] as const) {
      assert.equal(untouched({}, change), false, must(Object.keys(change)[0], 'a field'));
    }
  });

  it('what could not be saved whole is always looked at again', () => {
    assert.equal(untouched({ isIncomplete: true }, {}), false);
  });

  it('mode and owner need no look of their own: they move ctime', () => {
    assert.equal(untouched({}, { mode: 0o600, uid: 7 }), true);
  });

  it('the device counts only for hard links, whose inode it names; disks are mounted under others', () => {
    assert.equal(untouched({}, { device: 99n }), true);
    assert.equal(untouched({ links: 2 }, { links: 2, device: 99n }), false);
    assert.equal(untouched({ links: 2 }, { links: 2 }), true);
    assert.equal(untouched({}, { links: 2 }), false);
    assert.equal(untouched({ type: 'folder' }, { type: 'folder', links: 9, device: 99n }), true);
  });
});
