import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, utf8 } from '@kura/base';
import { encodeEntry, encodePage } from '@kura/format';
import { fileEntry } from '@kura/format/test-entries.ts';
import { loadNative } from '@kura/native';
import { FolderNode } from './folder-node.ts';

const status = loadNative().posix.status(byteString('/')) ?? assert.fail('the root is there');

function nodeAt(path: string): FolderNode {
  const name = byteString(path.slice(path.lastIndexOf('/') + 1));
  const none = { parent: undefined, untouched: undefined, base: undefined };
  return new FolderNode({ name, path: byteString(path), status, ...none });
}

const a = byteString('a');
const b = byteString('b');
const c = byteString('c');

describe('a folder on its way into the snapshot', () => {
  it('is complete when it is walked and every slot is filled, in whatever order', () => {
    const node = nodeAt('/x');
    const first = node.reserve(a);
    node.add(b, utf8('B'));
    const last = node.reserveFolder(c);
    node.fill(last, utf8('C'));
    node.walked();
    assert.equal(node.isComplete, false);
    node.fill(first, utf8('A'));
    assert.equal(node.isComplete, true);
    const names = node.parts().map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]);
    assert.deepEqual(names, [
      ['a', 'A'],
      ['b', 'B'],
      ['c', 'C'],
    ]);
  });

  it('filled slots alone do not close it: more may come', () => {
    const node = nodeAt('/x');
    node.fill(node.reserve(a), utf8('A'));
    assert.equal(node.isComplete, false);
  });

  it('what could not be saved is left out', () => {
    const node = nodeAt('/x');
    node.fill(node.reserve(a), undefined);
    node.fill(node.reserve(b), new Uint8Array(0));
    node.walked();
    assert.equal(node.isComplete, true);
    assert.deepEqual(node.parts(), []);
  });

  it('has the same entries only while each is taken over; a subfolder says so later', () => {
    const same = nodeAt('/x');
    same.keep(a);
    same.reserveFolder(b);
    assert.equal(same.hasSameEntries, true);
    const changed = nodeAt('/x');
    changed.add(a, utf8('A'));
    assert.equal(changed.hasSameEntries, false);
    const read = nodeAt('/x');
    read.reserve(a);
    assert.equal(read.hasSameEntries, false);
  });

  it('C2: what is kept is the entry of the base to the byte, from whichever page, between what is new', () => {
    const node = nodeAt('/x');
    const read = fileEntry('b', 9);
    node.basePages = [
      encodePage([fileEntry('a', 1), fileEntry('b', 2)]),
      encodePage([fileEntry('c', 3), fileEntry('d', 4)]),
    ];
    node.keep(a);
    const late = node.reserve(b);
    node.keep(byteString('d'));
    node.fill(late, encodeEntry(read));
    node.walked();
    const bytes = node.parts().map((part) => Buffer.from(part.bytes).toString('hex'));
    const wanted = [fileEntry('a', 1), read, fileEntry('d', 4)];
    assert.deepEqual(
      bytes,
      wanted.map((entry) => Buffer.from(encodeEntry(entry)).toString('hex')),
    );
  });

  it('paths of children have one slash', () => {
    assert.equal(nodeAt('/').childPath(a), '/a');
    assert.equal(nodeAt('/x/y').childPath(a), '/x/y/a');
  });
});
