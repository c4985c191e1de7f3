import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ChunkId, KuraError, type PackId, packId, toHex } from '@kura/base';
import { faultDisk, MemoryDisk, SeededRandom } from '@kura/testing';
import {
  chunkIdsOf,
  decodeIndexRecord,
  encodeIndexRecord,
  type IndexAccess,
  type IndexRecord,
  IndexWriter,
  indexFiles,
  joinChunkIds,
  readIndex,
  readIndexFile,
} from './index-file.ts';
import { SealedLogWriter } from './sealed-log.ts';

const random = new SeededRandom(5);

function newRecord(chunks: number, isFolderPack = false): IndexRecord {
  const ids = Array.from({ length: chunks }, () => random.bytes(32) as ChunkId);
  const name = packId(toHex(random.bytes(32)));
  return { packId: name, leafCount: 16, isFolderPack, chunkIds: joinChunkIds(ids) };
}

function newAccess(disk = new MemoryDisk()): IndexAccess & { disk: MemoryDisk } {
  return { disk, folder: '/home/index', localKey: random.bytes(32) };
}

function write(access: IndexAccess, records: readonly IndexRecord[]): void {
  const writer = new IndexWriter({ ...access, random });
  for (const record of records) writer.append(record);
  writer.close();
}

function namesIn(records: Iterable<IndexRecord>): PackId[] {
  return [...records].map((record) => record.packId).sort();
}

describe('an index record', () => {
  it('comes back as it was', () => {
    for (const record of [newRecord(0), newRecord(3), newRecord(1, true)]) {
      const read = decodeIndexRecord(encodeIndexRecord(record));
      assert.deepEqual(read, record);
      assert.equal([...chunkIdsOf(read)].length, record.chunkIds.length / 32);
    }
  });

  it('of a length that no record has is refused', () => {
    const bytes = encodeIndexRecord(newRecord(2));
    for (const length of [0, 36, bytes.length - 1]) {
      assert.throws(
        () => decodeIndexRecord(bytes.subarray(0, length)),
        (error) => error instanceof KuraError && error.code === 'corrupt',
      );
    }
  });
});

describe('the index', () => {
  it('C11: several sessions write beside each other, each its own file', () => {
    const access = newAccess();
    const [one, two] = [newRecord(2), newRecord(3)];
    const first = new IndexWriter({ ...access, random });
    const second = new IndexWriter({ ...access, random });
    first.append(one);
    second.append(two);
    first.close();
    second.close();
    assert.deepEqual(namesIn(readIndex(access)), [one.packId, two.packId].sort());
    assert.equal(indexFiles(access).length, 2);
  });

  it('a torn file costs its own records only, from the tear on', () => {
    const access = newAccess();
    const [kept, torn, other] = [newRecord(1), newRecord(1), newRecord(1)];
    write(access, [kept, torn]);
    const [path] = indexFiles(access);
    write(access, [other]);
    access.disk.flip(path ?? '', (access.disk.stat(path ?? '')?.sizeBytes ?? 0) - 1);
    assert.deepEqual(namesIn(readIndex(access)), [kept.packId, other.packId].sort());
    assert.deepEqual(namesIn(readIndexFile(path ?? '', access)), [kept.packId]);
  });

  it('is empty where there is no folder, or one that cannot be listed', () => {
    const access = newAccess();
    assert.deepEqual([...readIndex(access)], []);
    write(access, [newRecord(1)]);
    const disk = faultDisk(access.disk, { only: ['list'], at: 1 });
    assert.deepEqual([...readIndex({ ...access, disk })], []);
  });

  it('does not look at what is no index file', () => {
    const access = newAccess();
    const record = newRecord(1);
    write(access, [record]);
    access.disk.create(`${access.folder}/notes.txt`).write(new Uint8Array(9), 0);
    assert.deepEqual(namesIn(readIndex(access)), [record.packId]);
    assert.equal(indexFiles(access).length, 1);
  });

  it('ends a file at what is rightly sealed and no record: nobody knows what wrote the rest', () => {
    const access = newAccess();
    const { disk, folder, localKey } = access;
    disk.makeFolder(folder);
    const log = { disk, path: `${folder}/a.idx`, localKey, purpose: 'index', random };
    const writer = new SealedLogWriter(log);
    const [before, after] = [newRecord(1), newRecord(1)];
    writer.append(encodeIndexRecord(before));
    writer.append(new Uint8Array(5));
    writer.append(encodeIndexRecord(after));
    writer.close();
    assert.deepEqual(namesIn(readIndex(access)), [before.packId]);
  });

  it('takes back what a session appended', () => {
    const access = newAccess();
    const writer = new IndexWriter({ ...access, random });
    writer.append(newRecord(1));
    writer.discard();
    assert.deepEqual(indexFiles(access), []);
  });
});
