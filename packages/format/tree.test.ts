// Folder pages and content lists by example: the bytes of the format, everything that readers must refuse,
// and where folders and long contents are cut.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  AssertionError,
  type ByteString,
  ByteWriter,
  byteString,
  type ChunkId,
  SMALL_SHAPE,
  STANDARD_SHAPE,
  toHex,
  utf8,
} from '@kura/base';
import { endsPage } from './page-cut.ts';
import { codeOf, fileEntry, manyFiles, plain } from './test-entries.ts';
import {
  checkContentSize,
  decodeContentList,
  decodePage,
  encodeContentList,
  encodePage,
  PageCursor,
  splitContent,
  splitPages,
} from './tree.ts';
import type { ContentEntry, TreeEntry } from './types.ts';

const FILE = 0;
const FOLDER = 1;
const SYMLINK = 2;
const FIFO = 3;
const ID = new Uint8Array(32).fill(0xab);

interface RawEntry {
  readonly type?: number;
  readonly flags?: number;
  readonly name?: Uint8Array | string;
  readonly mode?: number;
  readonly uid?: number;
  readonly links?: number;
  readonly size?: number;
  readonly tail?: readonly (number | Uint8Array)[];
}

/** A page written field by field, as the format has it, with no check: a file of 5 bytes unless told otherwise. */
function rawPage(...entries: readonly RawEntry[]): Uint8Array {
  const writer = new ByteWriter(4_000_000);
  writer.u8(1);
  writer.varint(entries.length);
  for (const { type = FILE, flags = 0, name = 'a', ...entry } of entries) {
    writer.u8(type);
    writer.u8(flags);
    writer.block(typeof name === 'string' ? utf8(name) : name);
    writer.u16(entry.mode ?? 0o644);
    writer.varint(entry.uid ?? 0);
    writer.varint(0);
    for (let time = 0; time < 4; time++) writer.u64(0n);
    if (entry.links !== undefined) writer.varint(entry.links);
    writer.varint(entry.size ?? (type === FILE ? 5 : 0));
    const content = type === FILE ? [1, ID, 5] : type === FOLDER ? [0] : [];
    for (const field of entry.tail ?? content) {
      if (typeof field === 'number') writer.varint(field);
      else writer.raw(field);
    }
  }
  return writer.bytes().slice();
}

/** Enters every entry and makes none. */
function walk(page: Uint8Array): void {
  const cursor = new PageCursor(page);
  while (cursor.next()) assert.ok(cursor.mode >= 0);
}

const fine: Readonly<Record<string, Uint8Array>> = {
  'a file': rawPage({}),
  'three entries in order': rawPage({ name: 'a' }, { name: 'a ' }, { name: 'b' }),
  'a name that begins with dots': rawPage({ name: '...' }, { name: '..a' }),
  'a name of bytes that are no text': rawPage({ name: Uint8Array.of(1, 255, 254) }),
  'an empty folder': rawPage({ type: FOLDER }),
  'a link': rawPage({ type: SYMLINK, tail: [3, utf8('../')] }),
  'a file that is one hole': rawPage({ flags: 1, tail: [1, 0, 5, 0] }),
  'two holes': rawPage({ flags: 1, size: 9, tail: [2, 1, 2, 1, 2, 1, ID, 5] }),
  'an attribute': rawPage({ flags: 2, tail: [1, 1, utf8('x'), 0, 1, ID, 5] }),
  'a file of lists': rawPage({ flags: 8, size: 5_000_000_000, tail: [1, ID, 36] }),
};

const corrupt: Readonly<Record<string, Uint8Array>> = {
  'no byte': new Uint8Array(0),
  'another version': Uint8Array.of(2, 0),
  'more entries than bytes': Uint8Array.of(1, 200, 200, 200, 200, 1),
  'a count without end': new Uint8Array(20).fill(255).fill(1, 0, 1),
  'bytes left over': Uint8Array.from([...rawPage({}), 0]),
  'an unknown type': rawPage({ type: 7, tail: [] }),
  'an unknown flag': rawPage({ flags: 32 }),
  'names out of order': rawPage({ name: 'b' }, { name: 'a' }),
  'a name before its beginning': rawPage({ name: 'ab' }, { name: 'a' }),
  'a name twice': rawPage({ name: 'a' }, { name: 'a' }),
  'a name of 1025 bytes': rawPage({ name: 'x'.repeat(1025) }),
  'a mode of 13 bits': rawPage({ mode: 0o10000 }),
  'an owner of 33 bits': rawPage({ uid: 2 ** 32 }),
  'one hard link': rawPage({ flags: 4, links: 1 }),
  'a hard-linked folder': rawPage({ type: FOLDER, flags: 4, links: 2 }),
  'a folder with a size': rawPage({ type: FOLDER, size: 1 }),
  'a pipe with holes': rawPage({ type: FIFO, flags: 1, tail: [1, 0, 1] }),
  'a link with lists': rawPage({ type: SYMLINK, flags: 8, tail: [1, utf8('x')] }),
  'a target of 32 KiB and a byte': rawPage({
    type: SYMLINK,
    tail: [32_769, new Uint8Array(32_769).fill(65)],
  }),
  'less content than the size': rawPage({ size: 6 }),
  'more content than the size': rawPage({ size: 4 }),
  'content and holes beyond the size': rawPage({ flags: 1, size: 6, tail: [1, 0, 2, 1, ID, 5] }),
  'the flag for holes without holes': rawPage({ flags: 1, tail: [0, 1, ID, 5] }),
  'holes that touch': rawPage({ flags: 1, size: 9, tail: [2, 1, 2, 0, 2, 1, ID, 5] }),
  'an empty hole': rawPage({ flags: 1, tail: [1, 2, 0, 1, ID, 5] }),
  'a hole beyond the size': rawPage({ flags: 1, size: 9, tail: [1, 6, 4, 1, ID, 5] }),
  'a hole beyond all numbers': rawPage({ flags: 1, tail: [1, 2 ** 53 - 1, 2 ** 53 - 1, 0] }),
  'the flag for attributes without any': rawPage({ flags: 2, tail: [0, 1, ID, 5] }),
  'an attribute without a name': rawPage({ flags: 2, tail: [1, 0, 0, 1, ID, 5] }),
  'attributes out of order': rawPage({
    flags: 2,
    tail: [2, 1, utf8('y'), 0, 1, utf8('x'), 0, 1, ID, 5],
  }),
  'an attribute twice': rawPage({
    flags: 2,
    tail: [2, 1, utf8('x'), 0, 1, utf8('x'), 0, 1, ID, 5],
  }),
  'an attribute of 64 KiB and a byte': rawPage({
    flags: 2,
    tail: [1, 1, utf8('x'), 65_537, new Uint8Array(65_537), 1, ID, 5],
  }),
  'attributes of more than 2 MiB': rawPage({
    flags: 2,
    tail: [
      36,
      ...Array.from({ length: 36 }, (_, index) => [
        ...[2, utf8(String(10 + index))],
        ...[60_000, new Uint8Array(60_000)],
      ]).flat(),
      ...[1, ID, 5],
    ],
  }),
  'a size beyond all numbers': rawPage({ flags: 8, size: 2 ** 55, tail: [1, ID, 36] }),
  'more chunks than bytes': rawPage({ tail: [1_000_000, ID, 5] }),
  'an empty chunk': rawPage({ size: 0, tail: [1, ID, 0] }),
  'a chunk above 4 MiB': rawPage({ size: 2 ** 22 + 1, tail: [1, ID, 2 ** 22 + 1] }),
};

const hostile: Readonly<Record<string, Uint8Array>> = {
  'an empty name': rawPage({ name: '' }),
  'the folder itself': rawPage({ name: '.' }),
  'the folder above': rawPage({ name: '..' }),
  'a name with a slash': rawPage({ name: 'a/b' }),
  'an absolute name': rawPage({ name: '/etc' }),
  'a name that hides its end': rawPage({ name: 'a\0b' }),
  'a second name with a slash': rawPage({ name: 'a' }, { name: 'b/../../c' }),
  'a target that hides its end': rawPage({ type: SYMLINK, tail: [3, utf8('a\0b')] }),
  'an attribute that hides its end': rawPage({
    flags: 2,
    tail: [1, 3, utf8('a\0b'), 0, 1, ID, 5],
  }),
};

describe('readers of folder pages', () => {
  for (const [code, pages] of Object.entries({ fine, corrupt, hostile })) {
    for (const [what, page] of Object.entries(pages)) {
      it(`${code === 'fine' ? 'accept' : `refuse as ${code}`}: ${what}`, () => {
        assert.deepEqual([codeOf(() => decodePage(page)), codeOf(() => walk(page))], [code, code]);
      });
    }
  }

  it('refuse a count that the bytes cannot hold before they read on', () => {
    const page = Uint8Array.of(1, 200, 200, 200, 200, 1);
    assert.equal(
      codeOf(() => new PageCursor(page)),
      'corrupt',
    );
  });

  it('refuse a page that ends at any byte before its end', () => {
    const page = rawPage({ flags: 3, tail: [1, 0, 5, 1, 1, utf8('x'), 0, 0] }, { name: 'b' });
    assert.equal(
      codeOf(() => decodePage(page)),
      'fine',
    );
    for (let end = 0; end < page.length; end++) {
      assert.equal(
        codeOf(() => decodePage(page.subarray(0, end))),
        'corrupt',
        `${end}`,
      );
    }
  });
});

describe('folder pages', () => {
  it('are the bytes that the format says', () => {
    const entries: TreeEntry[] = [
      {
        ...fileEntry('a', 0),
        sizeBytes: 300,
        holes: [{ offset: 16, length: 200 }],
        attributes: [{ name: byteString('user.x'), value: Uint8Array.of(1, 2) }],
        links: 2,
        isIncomplete: true,
        content: [{ id: ID as ChunkId, length: 100 }],
      },
      { ...fileEntry('b', 0), type: 'symlink', target: byteString('é') },
      { ...fileEntry('c', 0), type: 'block', deviceNumber: 0x0801n },
    ];
    const times = '01'.padEnd(16, '0') + 'fe'.padEnd(16, 'f');
    const common = `a401e807e807${times}${'03'.padEnd(16, '0')}${'04'.padEnd(16, '0')}`;
    assert.equal(
      toHex(encodePage(entries)),
      [
        '0103',
        `00170161${common}02ac020110c8010106757365722e78020102`,
        `01${'ab'.repeat(32)}64`,
        `02000162${common}0002c3a9`,
        `05000163${common}000108000000000000`,
      ].join(''),
    );
  });

  it('hold 10,000 entries and more', () => {
    const entries = manyFiles(20_000, 'file-');
    const pages = splitPages(entries, STANDARD_SHAPE);
    assert.ok(pages.length > 2 && pages.length < 20, `${pages.length} pages`);
    const read = pages.flatMap((page) => decodePage(encodePage(page)));
    assert.deepEqual(read.map(plain), entries);
    assert.equal(decodePage(encodePage(entries.slice(0, 10_000))).length, 10_000);
  });

  it('of an empty folder are one empty page', () => {
    assert.deepEqual(splitPages([], STANDARD_SHAPE), [[]]);
    assert.equal(toHex(encodePage([])), '0100');
    assert.deepEqual(decodePage(encodePage([])), []);
  });

  it('change by one with a new name, by two where it ends a page', () => {
    const entries = manyFiles(20_000, 'IMG_');
    const encode = (list: readonly TreeEntry[]): string[] =>
      splitPages(list, STANDARD_SHAPE).map((page) => toHex(encodePage(page)));
    const before = new Set(encode(entries));
    for (const at of [0, 7777, 19_999]) {
      const name = byteString(`${entries[at]?.name}-copy`);
      const edited = entries.toSpliced(at + 1, 0, { ...fileEntry('x', 1), name });
      const changed = encode(edited).filter((page) => !before.has(page)).length;
      assert.ok(changed >= 1 && changed <= 2, `${changed} pages`);
    }
  });

  it('end at one name in 4096, also among names that count up', () => {
    for (const prefix of ['', 'file', 'DSC_0', 'x'.repeat(60)]) {
      let ends = 0;
      for (let index = 0; index < 200_000; index++) {
        if (endsPage(byteString(prefix + String(index)))) ends++;
      }
      assert.ok(ends > 25 && ends < 75, `${prefix}: ${ends} of 200,000`);
    }
    const [first] = manyFiles(5000, '').filter((entry) => endsPage(entry.name));
    assert.equal(first?.name, '000026');
  });

  it('refuse an entry that no page can hold', () => {
    const attributes = Array.from({ length: 30 }, (_, index) => ({
      name: byteString(`user.${10 + index}`),
      value: new Uint8Array(60_000),
    }));
    const large = { ...fileEntry('large', 0), attributes };
    assert.equal(splitPages([fileEntry('a', 1), large], STANDARD_SHAPE).length, 2);
    assert.equal(
      codeOf(() => splitPages([large], SMALL_SHAPE)),
      'too_large',
    );
    const three = ['a', 'b', 'c'].map((name) => ({ ...large, name: byteString(name) }));
    assert.equal(
      codeOf(() => encodePage(three)),
      'too_large',
    );
  });

  it('are not written with what readers refuse', () => {
    const file = fileEntry('a', 1);
    const bad: TreeEntry[][] = [
      [{ ...file, sizeBytes: file.sizeBytes + 1 }],
      [{ ...file, holes: [{ offset: 0, length: 5 }] }],
      [{ ...file, name: byteString('..') }],
      [{ ...file, name: byteString('a/b') }],
      [{ ...file, name: '\u0100' as ByteString }],
      [{ ...file, mode: 0o10000 }],
      [{ ...file, type: 'folder' }],
      [{ ...file, type: 'folder', sizeBytes: 0, links: 2 }],
      [{ ...file, type: 'symlink', sizeBytes: 0, content: [], target: 'a\0' as ByteString }],
      [file, file],
      [fileEntry('b', 1), file],
    ];
    for (const entries of bad) {
      assert.throws(() => encodePage(entries), AssertionError, JSON.stringify(entries[0]?.type));
    }
  });
});

describe('content lists', () => {
  const content: ContentEntry[] = Array.from({ length: 20_000 }, (_, index) => {
    const id = new Uint8Array(32) as ChunkId;
    new DataView(id.buffer).setUint32(0, Math.imul(index + 1, 2654435761), false);
    return { id, length: 1000 + index };
  });

  it('are cut by ids, so that a change in a file changes one list, and fit into a frame', () => {
    const lists = splitContent(content, STANDARD_SHAPE).map((list) => encodeContentList(list));
    assert.ok(lists.length > 10 && lists.length < 40, `${lists.length} lists`);
    const before = new Set(lists.map((list) => toHex(list)));
    const edited = content.toSpliced(9000, 1, { id: ID as ChunkId, length: 5 });
    const after = splitContent(edited, STANDARD_SHAPE).map((list) => encodeContentList(list));
    assert.equal(after.filter((list) => !before.has(toHex(list))).length, 1);
    for (const list of splitContent(content, SMALL_SHAPE)) {
      assert.ok(encodeContentList(list).length <= SMALL_SHAPE.frameBytes);
    }
  });

  it('that do not add up to the size of their file are refused', () => {
    const list = [{ id: ID as ChunkId, length: 90 }];
    const entry: TreeEntry = {
      ...fileEntry('a', 0),
      sizeBytes: 100,
      holes: [{ offset: 3, length: 10 }],
      isList: true,
      content: [{ id: ID as ChunkId, length: 34 }],
    };
    checkContentSize(entry, list);
    assert.equal(
      codeOf(() => checkContentSize({ ...entry, sizeBytes: 99 }, list)),
      'corrupt',
    );
  });

  it('that are damaged are refused', () => {
    const list = encodeContentList(content.slice(0, 3));
    assert.equal(
      codeOf(() => decodeContentList(list)),
      'fine',
    );
    assert.equal(
      codeOf(() => decodeContentList(Uint8Array.from([...list, 0]))),
      'corrupt',
    );
    for (let end = 0; end < list.length; end++) {
      assert.equal(
        codeOf(() => decodeContentList(list.subarray(0, end))),
        'corrupt',
        `${end}`,
      );
    }
    assert.equal(
      codeOf(() => decodeContentList(Uint8Array.of(255, 255, 255, 1))),
      'corrupt',
    );
  });
});
