import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byteString, type ChunkId, KuraError, must, SMALL_SHAPE } from '@kura/base';
import { type ContentEntry, encodePage, joinPage, PageCursor } from '@kura/format';
import { deriveMemberKeys, newRoot } from '@kura/member-seal';
import { type FileStatus, loadNative, type Posix } from '@kura/native';
import { MemoryDisk, SeededRandom } from '@kura/testing';
import { ChunkTable } from '../../index/chunk-table.ts';
import type { Line, ShareDone, ShareTask } from '../line/tasks.ts';
import { Dispatcher } from './dispatcher.ts';
import { FolderPacker } from './folder-packer.ts';
import { isLarge, type LargeFileOptions, saveLargeFile } from './large-file.ts';
import { ResumeNotes } from './resume-notes.ts';
import { fileStatus } from './test-status.ts';

const SHAPE = SMALL_SHAPE;
const PATH = byteString('/data/large');
const NAME = byteString('large');
const FILE = fileStatus({
  sizeBytes: 3 * SHAPE.shareBytes,
  blocks: (3 * SHAPE.shareBytes) / 512,
});
const CHANGED: FileStatus = { ...FILE, mtimeNs: 99n };

const pieceOf = (share: number): ContentEntry => ({
  id: new Uint8Array(32).fill(share + 1) as ChunkId,
  length: SHAPE.shareBytes,
});

interface Scene {
  /** What a share answers; the file as it was found, unless said otherwise. */
  readonly answer?: (task: ShareTask, call: number) => FileStatus;
  /** What the file is when it is looked at again. */
  readonly statusNow?: () => FileStatus | undefined;
  readonly disk?: MemoryDisk;
  readonly seed?: number;
}

function sceneOf({ answer, statusNow, disk, seed = 1 }: Scene = {}) {
  const shares: number[] = [];
  const line = {
    share: async (task: ShareTask): Promise<ShareDone> => {
      shares.push(task.share);
      const status = answer?.(task, shares.length) ?? FILE;
      const work = { bytesAdded: 0, packsUsed: [] };
      return { status, content: [pieceOf(task.share)], bytesRead: 1, work };
    },
  } as unknown as Line;
  const random = new SeededRandom(seed);
  const { bulk, posix } = loadNative();
  const { chunkIdKeys, localKey } = deriveMemberKeys(newRoot(new SeededRandom(4)));
  const folders = new FolderPacker({
    shape: SHAPE,
    bulk,
    chunkIdKeys,
    table: ChunkTable.sizedFor(10),
    send: async () => undefined,
    onUsed: () => undefined,
    mayUse: () => true,
  });
  const home = { disk: disk ?? new MemoryDisk(), folder: '/resume' };
  const resume = new ResumeNotes({ ...home, localKey, random, shape: SHAPE });
  const options: LargeFileOptions = {
    dispatcher: new Dispatcher({ lines: [line], onWork: () => undefined }),
    folders,
    posix: { ...posix, attributes: () => [], status: statusNow ?? (() => FILE) } as Posix,
    shape: SHAPE,
    resume,
    areStanding: async () => true,
  };
  const save = (change: Partial<LargeFileOptions> = {}) =>
    saveLargeFile({ path: PATH, name: NAME, status: FILE }, { ...options, ...change });
  return { save, shares, resume };
}

function entryOf(bytes: Uint8Array | undefined) {
  const entry = must(bytes, 'the file was saved');
  const cursor = new PageCursor(joinPage([{ name: NAME, bytes: entry }]));
  assert.equal(cursor.next(), true);
  return cursor.entry();
}

describe('a large file', () => {
  it('is one that is longer than a share and has no holes', () => {
    assert.equal(isLarge(FILE, SHAPE), true);
    assert.equal(isLarge({ ...FILE, sizeBytes: SHAPE.shareBytes }, SHAPE), false);
    assert.equal(isLarge({ ...FILE, blocks: FILE.blocks - 8 }, SHAPE), false);
  });

  it('is read share by share, and its pieces stand in their order', async () => {
    const { save, shares } = sceneOf();
    const { bytes, problem } = await save();
    assert.equal(problem, undefined);
    assert.deepEqual(shares.toSorted(), [0, 1, 2]);
    const entry = entryOf(bytes);
    assert.equal(entry.sizeBytes, FILE.sizeBytes);
    assert.deepEqual(
      entry.content.map(({ id }) => id[0]),
      [1, 2, 3],
    );
    encodePage([entry]);
  });

  it('C2: one that changed between its shares is read again, all of it, as it is now', async () => {
    const { save, shares } = sceneOf({
      answer: (_, call) => (call === 2 || call > 3 ? CHANGED : FILE),
      statusNow: (): FileStatus => (shares.length === 0 ? FILE : CHANGED),
    });
    const { bytes, problem } = await save();
    assert.equal(problem, undefined);
    assert.equal(entryOf(bytes).mtimeNs, CHANGED.mtimeNs);
    assert.deepEqual(shares.slice(3).toSorted(), [0, 1, 2]);
  });

  it('one that changed after the walk had its status is read once, as it is now', async () => {
    const { save, shares } = sceneOf({ answer: () => CHANGED, statusNow: () => CHANGED });
    const { bytes, problem } = await save();
    assert.equal(problem, undefined);
    assert.equal(entryOf(bytes).mtimeNs, CHANGED.mtimeNs);
    assert.deepEqual(shares.toSorted(), [0, 1, 2]);
  });

  it('C2: one that never rests is left out and told, after three rounds', async () => {
    let ns = 100n;
    const { save, shares } = sceneOf({ answer: () => ({ ...FILE, mtimeNs: ns++ }) });
    const { bytes, problem } = await save();
    assert.equal(bytes, undefined);
    assert.equal(problem?.code, 'source_changed');
    assert.equal(shares.length, 9);
  });

  it('one that went away, or cannot be looked at again, is a problem of its own', async () => {
    const gone = sceneOf({ answer: () => CHANGED, statusNow: () => undefined });
    assert.equal((await gone.save()).problem?.code, 'source_changed');
    assert.equal(gone.shares.length, 3);
    const refused = sceneOf({
      answer: () => CHANGED,
      statusNow: () => {
        throw Object.assign(new Error('no'), { code: 'EACCES' });
      },
    });
    assert.equal((await refused.save()).problem?.code, 'source_changed');
    const unreadable = sceneOf({
      answer: () => {
        throw Object.assign(new Error('no'), { code: 'EIO' });
      },
    });
    const { problem } = await unreadable.save();
    assert.deepEqual(problem?.code, 'source_unreadable');
    assert.match(problem?.why ?? '', /the medium has an error/);
  });

  it('a fault that is not its own goes on: the stores are full', async () => {
    const { save } = sceneOf({
      answer: () => {
        throw new KuraError('no_space', 'full');
      },
    });
    await assert.rejects(save(), { code: 'no_space' });
  });

  it('C5: shares that a killed backup has read are not read again, if their packs stand', async () => {
    const disk = new MemoryDisk();
    const killed = sceneOf({
      disk,
      answer: ({ share }) => {
        if (share === 1) throw new KuraError('no_space', 'full');
        return FILE;
      },
    });
    await assert.rejects(killed.save(), { code: 'no_space' });
    killed.resume.flush();
    const next = sceneOf({ disk, seed: 2 });
    const { bytes } = await next.save();
    assert.deepEqual(next.shares, [1]);
    assert.deepEqual(
      entryOf(bytes).content.map(({ id }) => id[0]),
      [1, 2, 3],
    );
    const gone = sceneOf({ disk, seed: 3 });
    await gone.save({ areStanding: async () => false });
    assert.deepEqual(gone.shares.toSorted(), [0, 1, 2]);
  });
});
