// Goal: a disk that is sent holds what one member has at a store, nothing of anybody else, and says when it does not
// (C2).
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { type CopyId, equalBytes, KuraError, SMALL_SHAPE } from '@kura/base';
import { loadNative } from '@kura/native';
import { fetchAll, MemoryDisk, packBytes, Surroundings, sendCopy } from '@kura/testing';
import type { FolderShelf } from '../folder-shelf.ts';
import { openShelfForReading } from '../reader/open-shelf.ts';
import { copyPath, shelfPaths } from '../shelf/layout.ts';
import { FOLDER, foundTestShelf, openTestShelf } from '../test-shelf.ts';
import { type CheckedMedium, checkMedium } from './check-medium.ts';
import { type WrittenMedium, writeMedium } from './write-medium.ts';

const DISK = '/usb/kura';
const native = loadNative();

describe('C2: a medium', () => {
  let around: Surroundings;
  let disk: MemoryDisk;
  let shelf: FolderShelf;
  let own: readonly CopyId[];

  const saved = async (member: typeof around.alice.member): Promise<CopyId> => {
    const id = around.newCopyId();
    const bytes = around.random.bytes(packBytes(SMALL_SHAPE, 1));
    await sendCopy(shelf, { id, member, bytes });
    return id;
  };
  const ports = (onProgress?: () => void) => ({
    ...{ disk, native, clock: around.clock, random: around.random, processId: 7 },
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  const written = (onProgress?: () => void): Promise<WrittenMedium> =>
    writeMedium({ shelf: FOLDER, member: around.alice.member, folder: DISK }, ports(onProgress));
  const checked = (): Promise<CheckedMedium> => checkMedium(DISK, ports());
  const isThere = (id: CopyId): boolean => disk.stat(copyPath(shelfPaths(DISK), id)) !== undefined;

  beforeEach(async () => {
    around = new Surroundings(3);
    disk = new MemoryDisk({ clock: around.clock });
    await foundTestShelf(disk, around);
    shelf = openTestShelf(disk, around);
    own = [await saved(around.alice.member), await saved(around.alice.member)];
  });

  it('holds all copies of one member as they lie at the store, and no key', async () => {
    const other = await saved(around.bob.member);
    const list = await written();
    assert.deepEqual([list.copies, list.damaged, list.kept], [2, 0, 0]);
    assert.ok(own.every(isThere) && !isThere(other));
    assert.equal(disk.stat(shelfPaths(DISK).key), undefined);
    const medium = openShelfForReading({ ...ports(), folder: DISK });
    assert.deepEqual([...medium.record.owners.keys()], [around.alice.member]);
    for (const id of own) {
      const there = await fetchAll(medium, id, SMALL_SHAPE);
      assert.ok(equalBytes(there, await fetchAll(shelf, id, SMALL_SHAPE)));
    }
    assert.deepEqual([(await checked()).isWhole, (await checked()).copies], [true, 2]);
  });

  it('is not done before its list is there, and goes on where it was', async () => {
    const unplugged = (): never => {
      throw new Error('the disk was pulled out');
    };
    await assert.rejects(written(unplugged), /pulled out/);
    await assert.rejects(checked(), /was not finished/);
    const list = await written();
    assert.deepEqual([list.copies, list.kept], [2, 1]);
    own = [...own, await saved(around.alice.member)];
    assert.deepEqual([(await written()).copies, (await written()).kept], [3, 3]);
    assert.ok((await checked()).isWhole);
  });

  it('what the store has damaged is not sent, and is named; what the post has damaged is found', async () => {
    const [first, second] = own as [CopyId, CopyId];
    disk.flip(copyPath(shelfPaths(FOLDER), first), 99);
    const list = await written();
    assert.deepEqual([list.copies, list.damaged, isThere(first)], [1, 1, false]);
    assert.ok((await checked()).isWhole);
    disk.flip(copyPath(shelfPaths(DISK), second), 99);
    const hurt = await checked();
    assert.deepEqual([hurt.isWhole, hurt.hurt], [false, [second]]);
    disk.unlink(copyPath(shelfPaths(DISK), second));
    assert.equal((await checked()).isWhole, false, 'one that is missing as well');
  });

  it('written again it is mended, and without what the store has no more', async () => {
    const [first, second] = own as [CopyId, CopyId];
    await written();
    disk.flip(copyPath(shelfPaths(DISK), first), 99);
    disk.unlink(copyPath(shelfPaths(FOLDER), second));
    const list = await written();
    assert.deepEqual([list.copies, list.kept, isThere(second)], [1, 0, false]);
    assert.deepEqual([(await checked()).isWhole, (await checked()).copies], [true, 1]);
  });

  it('is never written over a store, nor over the medium of another one', async () => {
    const over = writeMedium(
      { shelf: FOLDER, member: around.alice.member, folder: FOLDER },
      ports(),
    );
    await assert.rejects(
      over,
      (error: unknown) => error instanceof KuraError && error.code === 'already_exists',
    );
  });
});
