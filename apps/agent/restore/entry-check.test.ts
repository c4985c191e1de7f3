// Goal: no entry that leads elsewhere, or that two readers could understand in two ways, passes the last
// gate before the disk (C10, threat R37).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString } from '@kura/base';
import type { TreeEntry } from '@kura/format/types.ts';
import { checkEntries, dataBytesOf, isPlainName } from './entry-check.ts';
import { TestTree } from './test-tree.ts';

const tree = new TestTree();
const good = tree.file('name', 'content');
const HERE = '' as ByteString;
const refuses = (...entries: TreeEntry[]): void =>
  assert.throws(() => checkEntries(entries, HERE), { code: 'hostile' });

describe('names', () => {
  const evil = [
    '',
    '.',
    '..',
    '/',
    'a/b',
    '/abs',
    'a\0',
    '\u012e\u012e',
    'a\u012fb',
    'x'.repeat(1025),
  ];
  for (const name of evil) {
    it(`refuses ${JSON.stringify(name.slice(0, 20))}`, () => {
      assert.ok(!isPlainName(name as ByteString));
      refuses({ ...good, name: name as ByteString });
    });
  }

  it('takes every other byte, and dots that are names', () => {
    for (const name of ['...', '. ', '..a', '\xff\x01', '-rf', '\\', 'CON', 'a\nb']) {
      checkEntries([{ ...good, name: name as ByteString }], HERE);
    }
  });

  it('refuses names twice or out of order', () => {
    const other = { ...good, name: byteString('other') };
    checkEntries([good, other], HERE);
    refuses(other, good);
    refuses(good, good);
  });
});

describe('fields', () => {
  const hole = (offset: number, length: number): TreeEntry['holes'][number] => ({ offset, length });
  const id = good.content[0]?.id ?? new Uint8Array(32);
  const wrong: Record<string, Partial<Record<keyof TreeEntry, unknown>>> = {
    'an unknown type': { type: 'door' },
    'a size below zero': { sizeBytes: -1 },
    'a size beyond counting': { sizeBytes: 2 ** 53 },
    'content that is too short': { sizeBytes: 8 },
    'content that is too long': { sizeBytes: 6 },
    'a chunk of no length': { content: [{ id, length: Number.NaN }] },
    'a short id': { content: [{ id: new Uint8Array(31), length: 7 }] },
    'holes that overlap': { holes: [hole(0, 4), hole(3, 2)], sizeBytes: 13 },
    'holes that touch': { holes: [hole(0, 4), hole(4, 2)], sizeBytes: 13 },
    'a hole past the end': { holes: [hole(5, 4)], sizeBytes: 8 },
    'an empty hole': { holes: [hole(1, 0)] },
    'a negative hole': { holes: [hole(-4, 4)], sizeBytes: 11 },
    'an unknown mode': { mode: 0o10000 },
    'an owner beyond 32 bits': { uid: 2 ** 32 },
    'a group below zero': { gid: -1 },
    'a time out of range': { mtimeNs: 2n ** 63n },
    'a device below zero': { deviceNumber: -1n },
    'an attribute without a name': { attributes: [{ name: '', value: new Uint8Array(0) }] },
    'an attribute with NUL': { attributes: [{ name: 'user.a\0', value: new Uint8Array(0) }] },
    'a huge attribute': { attributes: [{ name: 'user.a', value: new Uint8Array(65_537) }] },
    'a link to nothing': { type: 'symlink', target: '' },
    'a link with NUL': { type: 'symlink', target: 'a\0b' },
    'a link beyond bytes': { type: 'symlink', target: '\u0100' },
  };
  for (const [title, part] of Object.entries(wrong)) {
    it(`refuses ${title}`, () => refuses({ ...good, ...part } as TreeEntry));
  }

  it('counts data without holes', () => {
    assert.equal(dataBytesOf({ ...good, sizeBytes: 20, holes: [hole(0, 5), hole(10, 10)] }), 5);
  });
});
