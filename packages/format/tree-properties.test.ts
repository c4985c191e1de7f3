// What holds for every folder, whatever is in it: it comes back as it was, and damage of any kind gives a
// typed error or a folder, never a crash.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type ByteString, type ChunkId, KuraError, SMALL_SHAPE } from '@kura/base';
import fc from 'fast-check';
import { endsPage } from './page-cut.ts';
import { joinPages } from './page-parts.ts';
import { BARE, codeOf, fileEntry, plain } from './test-entries.ts';
import {
  decodeContentList,
  decodePage,
  encodeContentList,
  encodePage,
  PageCursor,
  splitContent,
  splitPages,
} from './tree.ts';
import type { ContentEntry, TreeEntry } from './types.ts';

const RUNS = { numRuns: 200, seed: 20261121 };

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const byteName = fc
  .string({ unit: byte, minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll('/', '_').replaceAll('\0', '-') as ByteString)
  .filter((name) => name !== '.' && name !== '..');
const target = fc
  .string({ unit: byte, maxLength: 20 })
  .map((text) => text.replaceAll('\0', '-') as ByteString);
const time = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const number64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const owner = fc.oneof(fc.nat(2000), fc.constant(0xffff_ffff));

const contentEntry: fc.Arbitrary<ContentEntry> = fc
  .tuple(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 4 * 1024 * 1024 })),
  )
  .map(([id, length]) => ({ id: id as ChunkId, length }));

const attributes = fc
  .uniqueArray(fc.tuple(byteName, fc.uint8Array({ maxLength: 40 })), {
    maxLength: 3,
    selector: ([name]) => name,
  })
  .map((list) =>
    list.map(([name, value]) => ({ name, value })).sort((a, b) => (a.name < b.name ? -1 : 1)),
  );

const common = fc.record({
  name: byteName,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: owner,
  gid: owner,
  mtimeNs: time,
  ctimeNs: time,
  inode: number64,
  device: number64,
  links: fc.constantFrom(1, 1, 2, 300),
  attributes,
  isIncomplete: fc.boolean(),
});

const gaps = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 9000 }), fc.integer({ min: 1, max: 2 ** 40 })),
  { maxLength: 4 },
);

/** Holes between the pieces of a content, and the size that both add up to. */
function withHoles(
  content: readonly ContentEntry[],
  wanted: readonly (readonly [gap: number, length: number])[],
): Pick<TreeEntry, 'holes' | 'sizeBytes'> {
  const dataBytes = content.reduce((sum, entry) => sum + entry.length, 0);
  const holes: { offset: number; length: number }[] = [];
  let used = 0;
  let end = 0;
  for (const [gap, length] of wanted) {
    if (used + gap > dataBytes) break;
    used += gap;
    holes.push({ offset: end + gap, length });
    end += gap + length;
  }
  return { holes, sizeBytes: dataBytes + (end - used) };
}

const file = fc
  .tuple(common, fc.array(contentEntry, { maxLength: 4 }), gaps, fc.boolean())
  .map(([head, content, wanted, isList]): TreeEntry => {
    const { holes, sizeBytes } = withHoles(content, wanted);
    return { ...head, ...BARE, type: 'file', content, isList, holes, sizeBytes };
  });
const folder = fc
  .tuple(common, fc.array(contentEntry, { maxLength: 3 }), fc.boolean())
  .map(([head, content, isList]): TreeEntry => {
    return { ...head, ...BARE, type: 'folder', links: 1, content, isList };
  });
const symlink = fc
  .tuple(common, target)
  .map(([head, to]): TreeEntry => ({ ...head, ...BARE, type: 'symlink', target: to }));
const device = fc
  .tuple(common, fc.constantFrom('character', 'block'), number64)
  .map(([head, type, deviceNumber]): TreeEntry => ({ ...head, ...BARE, type, deviceNumber }));
const bare = fc
  .tuple(common, fc.constantFrom('fifo', 'socket'))
  .map(([head, type]): TreeEntry => ({ ...head, ...BARE, type }));

/** A folder's entries in order of names. */
const anyEntries: fc.Arbitrary<TreeEntry[]> = fc
  .uniqueArray(fc.oneof(file, folder, symlink, device, bare), {
    maxLength: 12,
    selector: (entry) => entry.name,
  })
  .map((entries) => entries.sort((a, b) => (a.name < b.name ? -1 : 1)));

it('C1: every field of every type of entry comes back', () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      assert.deepEqual(decodePage(encodePage(entries)).map(plain), entries.map(plain));
    }),
    RUNS,
  );
});

it('a folder is cut where a name says so or a frame is full, and nothing is lost between', () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const pages = splitPages(entries, SMALL_SHAPE);
      assert.deepEqual(pages.flat(), entries);
      for (const page of pages) {
        assert.ok(encodePage(page).length <= SMALL_SHAPE.frameBytes || page.length === 1);
        assert.ok(page.slice(0, -1).every((entry) => !endsPage(entry.name)));
      }
    }),
    RUNS,
  );
});

it('pages of entries that were encoded elsewhere are the same pages', () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const parts = entries.map((entry) => {
        const cursor = new PageCursor(encodePage([entry]));
        assert.ok(cursor.next());
        return { name: entry.name, bytes: cursor.entryBytes };
      });
      const pages = splitPages(entries, SMALL_SHAPE).map((page) => encodePage(page));
      assert.deepEqual(joinPages(parts, SMALL_SHAPE), pages);
    }),
    RUNS,
  );
});

it('the cursor shows what the entries hold, without making them', () => {
  fc.assert(
    fc.property(anyEntries, (entries) => {
      const cursor = new PageCursor(encodePage(entries));
      assert.equal(cursor.count, entries.length);
      for (const entry of entries) {
        assert.ok(cursor.next());
        if (entry.links % 2 === 0) assert.deepEqual(plain(cursor.entry()), plain(entry));
        const { type, name, mode, uid, gid, mtimeNs, ctimeNs, inode, device } = cursor;
        const { sizeBytes, links, isIncomplete, isList } = cursor;
        const head = { type, name, mode, uid, gid, mtimeNs, ctimeNs, inode, device };
        const shown = { ...entry, ...head, sizeBytes, links, isIncomplete, isList };
        assert.deepEqual(shown, entry);
        const ids: Uint8Array[] = [];
        assert.ok(cursor.everyChunk((bytes, at) => ids.push(bytes.slice(at, at + 32)) > 0));
        const expected = entry.content.map(({ id }) => new Uint8Array(id));
        assert.deepEqual(ids, expected);
      }
      assert.equal(cursor.next(), false);
    }),
    RUNS,
  );
});

it('the cursor compares names bytewise, as sorting does', () => {
  const unit = fc.constantFrom('a', 'b', '\x01', '\xff');
  const name = fc.string({ minLength: 1, maxLength: 4, unit });
  fc.assert(
    fc.property(name, name, (mine, other) => {
      const page = encodePage([{ ...fileEntry('x', 0), name: mine as ByteString }]);
      const cursor = new PageCursor(page);
      cursor.next();
      const expected = mine < other ? -1 : mine === other ? 0 : 1;
      assert.equal(Math.sign(cursor.compareName(other as ByteString)), expected);
    }),
    RUNS,
  );
});

it('content lists come back, whole or in parts', () => {
  fc.assert(
    fc.property(fc.array(contentEntry, { maxLength: 60 }), (content) => {
      assert.deepEqual(decodeContentList(encodeContentList(content)), content);
      assert.deepEqual(splitContent(content, SMALL_SHAPE).flat(), content);
    }),
    RUNS,
  );
});

const change = fc.record({
  at: fc.nat(),
  byte: fc.nat(255),
  kind: fc.constantFrom('set', 'cut', 'add'),
});

it('a page with bytes changed, cut off or put in is refused, or one that can be written', () => {
  let refused = 0;
  fc.assert(
    fc.property(
      anyEntries,
      fc.array(change, { minLength: 1, maxLength: 3 }),
      (entries, changes) => {
        let bytes = [...encodePage(entries)];
        for (const { at, byte: value, kind } of changes) {
          const where = at % bytes.length;
          if (kind === 'set') bytes[where] = value;
          if (kind === 'cut') bytes = bytes.slice(0, Math.max(1, where));
          if (kind === 'add') bytes.splice(where, 0, value);
        }
        let read: TreeEntry[];
        try {
          read = decodePage(Uint8Array.from(bytes));
        } catch (error) {
          assert.ok(error instanceof KuraError, String(error));
          assert.ok(error.code === 'corrupt' || error.code === 'hostile', error.code);
          refused++;
          return;
        }
        assert.deepEqual(decodePage(encodePage(read)).map(plain), read.map(plain));
      },
    ),
    { numRuns: 2000, seed: 7 },
  );
  assert.ok(refused > 700, `${refused} refused`);
});

it('bytes of chance never give anything but a page or a typed error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
      bytes[0] = 1;
      assert.ok(['fine', 'corrupt', 'hostile'].includes(codeOf(() => decodePage(bytes))));
      assert.ok(['fine', 'corrupt'].includes(codeOf(() => decodeContentList(bytes))));
    }),
    { numRuns: 3000, seed: 8 },
  );
});
