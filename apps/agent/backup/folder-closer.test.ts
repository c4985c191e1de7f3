import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, type ChunkId, SMALL_SHAPE } from '@kura/base';
import { decodePage, encodeEntry, joinPage, type TreeEntry } from '@kura/format';
import { deriveMemberKeys, newRoot } from '@kura/member-seal';
import { loadNative } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { ChunkTable } from '../index/chunk-table.ts';
import { entryWithContent } from './entries.ts';
import { FolderCloser } from './folder-closer.ts';
import { FolderNode, type FolderNodeOptions } from './plan/folder-node.ts';
import { FolderPacker } from './plan/folder-packer.ts';

const { bulk, posix } = loadNative();
const { chunkIdKeys } = deriveMemberKeys(newRoot(new SeededRandom(1)));
const status = posix.status(byteString('/')) ?? assert.fail('the root is there');
const NO_ATTRIBUTES = { attributes: [], isIncomplete: false };

function fileBytes(name: string): Uint8Array {
  const content = { content: [], isList: false };
  const file = { ...status, type: 'file', sizeBytes: 0 } as const;
  const entry = { name: byteString(name), status: file, attributes: NO_ATTRIBUTES, content };
  return encodeEntry(entryWithContent(entry));
}

/** A folder as the base has it: its pages have this id. */
function baseFolder(name: string, id: number): TreeEntry {
  const page = { id: new Uint8Array(32).fill(id) as ChunkId, length: 10 };
  const content = { content: [page], isList: false };
  return entryWithContent({ name: byteString(name), status, attributes: NO_ATTRIBUTES, content });
}

function closerWith(isStanding = true) {
  const pages: string[] = [];
  const folders = new FolderPacker({
    shape: SMALL_SHAPE,
    bulk,
    chunkIdKeys,
    table: ChunkTable.sizedFor(10),
    send: async ({ plain }) => {
      pages.push(Buffer.from(plain).toString('hex'));
    },
    onUsed: () => undefined,
    mayUse: () => true,
  });
  const asked: TreeEntry[] = [];
  const closer = new FolderCloser({
    folders,
    posix: { ...posix, attributes: () => [] },
    shape: SMALL_SHAPE,
    isStanding: (content) => {
      asked.push(content as TreeEntry);
      return isStanding;
    },
  });
  return { closer, folders, pages, asked };
}

function nodeOf(name: string, change: Partial<FolderNodeOptions> = {}): FolderNode {
  const path = byteString(name === '' ? '/' : `/${name}`);
  const none = { parent: undefined, untouched: undefined, base: undefined };
  return new FolderNode({ name: byteString(name), path, status, ...none, ...change });
}

/** A root with one folder in it, as far as a walk has come when the folder is walked. */
function tree(change: Partial<FolderNodeOptions> = {}) {
  const root = nodeOf('');
  const slot = root.reserveFolder(byteString('sub'));
  const sub = nodeOf('sub', { parent: { node: root, slot }, ...change });
  root.walked();
  return { root, sub };
}

const partsOf = (node: FolderNode) =>
  node.parts().flatMap(({ name, bytes }) => decodePage(joinPage([{ name, bytes }])));

describe('folders are closed from below', () => {
  it('a folder is closed when its last entry is there, and its parents with it', async () => {
    const { closer, folders, pages } = closerWith();
    const { root, sub } = tree();
    const slot = sub.reserve(byteString('late'));
    sub.walked();
    closer.closeIfComplete(sub);
    assert.throws(() => closer.root, /the root folder is closed last/);
    sub.fill(slot, fileBytes('late'));
    closer.closeIfComplete(sub);
    await folders.flush();
    assert.equal(pages.length, 1, 'both pages in one frame');
    const [entry] = partsOf(root);
    assert.deepEqual([entry?.name, entry?.type], ['sub', 'folder']);
    const page = joinPage([{ name: byteString('late'), bytes: fileBytes('late') }]);
    assert.equal(entry?.content[0]?.length, page.length);
    assert.equal(closer.root.length, joinPage(root.parts()).length);
  });

  it('C2: a folder with the same entries keeps the pages and the entry of the base', () => {
    const { closer, folders } = closerWith();
    const entry = baseFolder('sub', 7);
    const untouched = { bytes: encodeEntry(entry), entry };
    const { root, sub } = tree({ base: entry, untouched });
    sub.basePages = [joinPage([{ name: byteString('a'), bytes: fileBytes('a') }])];
    sub.keep(byteString('a'));
    sub.walked();
    closer.closeIfComplete(sub);
    assert.equal(root.hasSameEntries, true);
    assert.ok(Buffer.from(root.parts()[0]?.bytes ?? []).equals(untouched.bytes));
    assert.equal(folders.bytesAdded, closer.root.length, 'only the root is written');
  });

  it('a folder that was touched itself keeps the pages, under an entry of its own', () => {
    const { closer } = closerWith();
    const { root, sub } = tree({ base: baseFolder('sub', 7) });
    sub.walked();
    closer.closeIfComplete(sub);
    assert.equal(root.hasSameEntries, false);
    assert.equal(partsOf(root)[0]?.content[0]?.id[0], 7);
  });

  it('C2: pages of the base that do not stand at strength are written again', () => {
    const { closer, asked } = closerWith(false);
    const entry = baseFolder('sub', 7);
    const { root, sub } = tree({ base: entry, untouched: { bytes: encodeEntry(entry), entry } });
    sub.basePages = [joinPage([{ name: byteString('a'), bytes: fileBytes('a') }])];
    sub.keep(byteString('a'));
    sub.walked();
    closer.closeIfComplete(sub);
    assert.deepEqual(asked, [entry]);
    assert.equal(root.hasSameEntries, false);
    assert.notEqual(partsOf(root)[0]?.content[0]?.id[0], 7);
  });

  it('an entry that changed makes every folder above it another one, and no folder beside it', () => {
    const { closer } = closerWith();
    const { root, sub } = tree({ base: baseFolder('sub', 7) });
    const entry = baseFolder('zzz', 8);
    const slot = root.reserveFolder(byteString('zzz'));
    const untouched = { bytes: encodeEntry(entry), entry };
    const beside = nodeOf('zzz', { parent: { node: root, slot }, base: entry, untouched });
    beside.walked();
    closer.closeIfComplete(beside);
    sub.add(byteString('a'), fileBytes('a'));
    sub.walked();
    closer.closeIfComplete(sub);
    const [changed, kept] = partsOf(root);
    assert.notEqual(changed?.content[0]?.id[0], 7);
    assert.equal(kept?.content[0]?.id[0], 8);
    assert.equal(root.hasSameEntries, false);
  });

  it('a long folder becomes several pages', async () => {
    const { closer, folders } = closerWith();
    const { root, sub } = tree();
    const names = Array.from({ length: 300 }, (_, index) => String(index).padStart(4, '0'));
    for (const name of names) sub.add(byteString(name), fileBytes(name));
    sub.walked();
    closer.closeIfComplete(sub);
    await folders.flush();
    const [entry] = partsOf(root);
    assert.ok((entry?.content.length ?? 0) > 1);
    assert.equal(entry?.isList, false);
  });
});
