import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString, type ChunkId } from '@kura/base';
import { type ContentEntry, encodeEntry, joinPage, PageCursor, type TreeEntry } from '@kura/format';
import type { PackUse } from './pack-use.ts';
import { Standing } from './standing.ts';
import { fileStatus } from './test-status.ts';

const idOf = (byte: number): ChunkId => new Uint8Array(32).fill(byte) as ChunkId;
const entryOf = (byte: number): ContentEntry => ({ id: idOf(byte), length: 10 });
/** Chunk → number of its pack; pack 2 is marked. */
const PACKS: ReadonlyMap<number, number> = new Map([
  [10, 1],
  [11, 1],
  [20, 2],
]);
const MARKED = 2;

function standingWith({ isRescued = true }: { readonly isRescued?: boolean } = {}) {
  const used = new Set<number>();
  const use = {
    isMarked: (number: number) => number === MARKED,
    add: (number: number) => void used.add(number),
    tryUse: (number: number | undefined) => {
      if (number === undefined || number === MARKED) return false;
      used.add(number);
      return true;
    },
    rescueAll: async (numbers: readonly number[]) => {
      if (numbers.includes(MARKED) && !isRescued) return false;
      for (const number of numbers) used.add(number);
      return true;
    },
  } as unknown as PackUse;
  const table = {
    find: (id: Uint8Array) => PACKS.get(id[0] ?? 0),
    findAt: (bytes: Uint8Array, at: number) => PACKS.get(bytes[at] ?? 0),
  };
  const trees = { expand: async () => [entryOf(11), entryOf(20)] };
  return { standing: new Standing({ table, trees, use }), used };
}

function cursorAt(content: readonly ContentEntry[], isList = false): PageCursor {
  const { blocks: _, ...status } = fileStatus({ sizeBytes: content.length * 10 });
  const entry: TreeEntry = {
    ...status,
    name: byteString('x'),
    target: '' as ByteString,
    holes: [],
    attributes: [],
    isIncomplete: false,
    content,
    isList,
  };
  const cursor = new PageCursor(joinPage([{ name: entry.name, bytes: encodeEntry(entry) }]));
  assert.equal(cursor.next(), true);
  return cursor;
}

describe('C2: what an earlier backup saved', () => {
  it('stands if every chunk does, and its packs are used from then on', () => {
    const { standing, used } = standingWith();
    assert.equal(standing.file(cursorAt([entryOf(10), entryOf(11)])), true);
    assert.deepEqual([...used], [1]);
    assert.equal(standing.file(cursorAt([entryOf(10), entryOf(99)])), false);
  });

  it('a marked pack is asked for; the file stands if it was rescued', async () => {
    for (const isRescued of [true, false]) {
      const { standing, used } = standingWith({ isRescued });
      assert.equal(await standing.file(cursorAt([entryOf(10), entryOf(20)])), isRescued);
      assert.equal(await standing.chunks([entryOf(20)]), isRescued);
      assert.equal(used.has(MARKED), isRescued);
    }
  });

  it('of a list of chunks both stand, the list and what it names', async () => {
    const { standing, used } = standingWith();
    assert.equal(await standing.file(cursorAt([entryOf(10)], true)), true);
    assert.deepEqual([...used], [1, MARKED]);
    assert.equal(await standing.file(cursorAt([entryOf(99)], true)), false);
    assert.equal(await standing.file(cursorAt([entryOf(20)], true)), false, 'it is made anew');
  });

  it('no pack is rescued for the pages of a folder', () => {
    const { standing } = standingWith();
    assert.equal(standing.pages([entryOf(10)]), true);
    assert.equal(standing.pages([entryOf(10), entryOf(20)]), false);
  });
});
