import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { byteString, type ChunkId, SMALL_SHAPE } from '@kura/base';
import { type ContentEntry, createChunker } from '@kura/format';
import { member } from '@kura/format/pack-fixtures.ts';
import { type FileStatus, loadNative, type Posix } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import type { ChunkPacker } from './chunk-packer.ts';
import { type FileReaderOptions, readFile, readShare } from './file-reader.ts';
import { SmallFiles } from './small-files.ts';

const { posix } = loadNative();
const shape = SMALL_SHAPE;
const random = new SeededRandom(6);

describe('reading one file', () => {
  let folder = '';
  const at = (name: string): string => join(folder, name);
  const path = (name: string) => byteString(at(name));
  before(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'kura-read-'));
  });
  afterEach(() => {
    for (const name of fs.readdirSync(folder)) fs.rmSync(at(name), { recursive: true });
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** A reader whose packer keeps what it is given. */
  function readerWith(change: Partial<Posix> = {}) {
    const chunks: Uint8Array[] = [];
    const packer = {
      add: async (plains: readonly Uint8Array[]) =>
        plains.map((plain): ContentEntry => {
          chunks.push(plain.slice());
          return { id: new Uint8Array(32) as ChunkId, length: plain.length };
        }),
    } as unknown as ChunkPacker;
    const chunker = createChunker({ chunkerKey: member.chunkerKey, shape });
    const options: FileReaderOptions = { posix: { ...posix, ...change }, chunker, packer, shape };
    const saved = (): Buffer => Buffer.concat(chunks);
    return { options, chunks, saved };
  }

  /** The file's status, but changed for the first `times` looks at it. */
  function restless(times: number): Partial<Posix> {
    let looks = 0;
    return {
      statusOf: (file): FileStatus => {
        const status = posix.statusOf(file);
        looks++;
        return looks <= times ? { ...status, mtimeNs: BigInt(looks) } : status;
      },
    };
  }

  it('every length from nothing to many chunks comes out as it is', async () => {
    const { minChunkBytes, maxChunkBytes } = shape;
    for (const size of [0, 1, minChunkBytes, minChunkBytes + 1, maxChunkBytes, 100_003]) {
      const content = Buffer.from(random.bytes(size));
      fs.writeFileSync(at('file'), content);
      const { options, chunks, saved } = readerWith();
      const read = await readFile(path('file'), options);
      assert.ok(saved().equals(content), `${size} bytes`);
      assert.deepEqual(
        read.content.map(({ length }) => length),
        chunks.map(({ length }) => length),
      );
      assert.deepEqual([read.status.sizeBytes, read.bytesRead], [size, size]);
      assert.deepEqual([read.isUnstable, read.holes], [false, []]);
    }
  });

  it('A5: holes are left out of the content, and said', async () => {
    const file = fs.openSync(at('sparse'), 'w');
    const data = Buffer.from(random.bytes(64 * 1024));
    fs.writeSync(file, data, 0, data.length, 1024 * 1024);
    fs.ftruncateSync(file, 3 * 1024 * 1024);
    fs.closeSync(file);
    const { options, saved } = readerWith();
    const { holes, status } = await readFile(path('sparse'), options);
    const whole = Buffer.alloc(status.sizeBytes);
    let from = 0;
    let at_ = 0;
    for (const hole of [...holes, { offset: status.sizeBytes, length: 0 }]) {
      saved().copy(whole, at_, from, from + hole.offset - at_);
      from += hole.offset - at_;
      at_ = hole.offset + hole.length;
    }
    assert.ok(whole.equals(fs.readFileSync(at('sparse'))));
    assert.ok(saved().length < status.sizeBytes || holes.length === 0);
  });

  it('C2: a file that changes while it is read is read again until it rests', async () => {
    fs.writeFileSync(at('file'), random.bytes(5000));
    const { options } = readerWith(restless(2));
    const read = await readFile(path('file'), options);
    assert.equal(read.isUnstable, false);
    assert.equal(read.status.mtimeNs, posix.status(path('file'))?.mtimeNs);
  });

  it('C2: one that never rests is read three times, and said to be doubtful', async () => {
    const content = Buffer.from(random.bytes(500));
    fs.writeFileSync(at('file'), content);
    const { options, chunks } = readerWith(restless(Number.POSITIVE_INFINITY));
    const read = await readFile(path('file'), options);
    assert.equal(read.isUnstable, true);
    assert.equal(chunks.length, 3);
    assert.equal(read.status.sizeBytes, 500, 'what its content adds up to');
  });

  it('a file that shrinks under the reader has the size of what was read', async () => {
    fs.writeFileSync(at('file'), random.bytes(5000));
    const grown: Partial<Posix> = {
      statusOf: (file) => ({ ...posix.statusOf(file), sizeBytes: 9000, blocks: 100 }),
    };
    const { options } = readerWith(grown);
    const read = await readFile(path('file'), options);
    assert.equal(read.status.sizeBytes, 5000);
  });

  it('a link or a folder that took its place is not followed', async () => {
    fs.writeFileSync(at('file'), 'secret');
    fs.symlinkSync('file', at('link'));
    await assert.rejects(readFile(path('link'), readerWith().options), { code: 'ELOOP' });
    fs.mkdirSync(at('folder'));
    await assert.rejects(readFile(path('folder'), readerWith().options), {
      code: 'source_changed',
    });
  });

  it('attributes that the system lists and then refuses are said to be incomplete', async () => {
    fs.writeFileSync(at('file'), 'x');
    const refusing: Partial<Posix> = {
      attributesOf: () => {
        throw Object.assign(new Error('no'), { code: 'EACCES' });
      },
    };
    const read = await readFile(path('file'), readerWith(refusing).options);
    assert.deepEqual([read.attributes, read.areAttributesIncomplete], [[], true]);
  });

  it('a defect of ours is not taken for a refusal of the system', async () => {
    fs.writeFileSync(at('file'), 'x');
    const broken: Partial<Posix> = {
      attributesOf: () => {
        throw new TypeError('a defect');
      },
    };
    await assert.rejects(readFile(path('file'), readerWith(broken).options), TypeError);
  });

  it('no descriptor is left open, whatever happens', async () => {
    fs.writeFileSync(at('file'), random.bytes(5000));
    let open = 0;
    const counted: Partial<Posix> = {
      openRead: (name) => {
        open++;
        return posix.openRead(name);
      },
      close: (file) => {
        open--;
        posix.close(file);
      },
      read: () => {
        throw Object.assign(new Error('bad sector'), { code: 'EIO' });
      },
    };
    const { options } = readerWith(counted);
    await assert.rejects(readFile(path('file'), options), { code: 'EIO' });
    await assert.rejects(readShare(path('file'), 0, options), { code: 'EIO' });
    assert.equal(open, 0);
  });

  describe('small ones together', () => {
    it('each comes back under its number with what is in it, empty ones too', async () => {
      const { minChunkBytes } = shape;
      const contents = [700, 0, 1, minChunkBytes, 63, 64, 0].map((size) => random.bytes(size));
      const { options, saved } = readerWith();
      const small = new SmallFiles(options);
      for (const [index, content] of contents.entries()) {
        fs.writeFileSync(at(`${index}`), content);
        assert.ok(small.read(index, path(`${index}`)));
      }
      const reads = await small.pack();
      assert.ok(saved().equals(Buffer.concat(contents)));
      for (const [index, read] of reads) {
        const size = contents[index]?.length ?? -1;
        const lengths = read.content.map(({ length }) => length);
        assert.deepEqual(lengths, size === 0 ? [] : [size]);
        assert.deepEqual([read.status.sizeBytes, read.bytesRead], [size, size]);
        assert.equal(read.status.inode, posix.status(path(`${index}`))?.inode);
      }
      assert.equal(reads.length, contents.length);
      assert.deepEqual(await small.pack(), [], 'nothing comes twice');
    });

    it('they are full before they overrun the window', async () => {
      const { options, saved } = readerWith();
      const small = new SmallFiles(options);
      const content = Buffer.from(random.bytes(shape.minChunkBytes));
      fs.writeFileSync(at('file'), content);
      let count = 0;
      for (; !small.isFull; count++) assert.ok(small.read(count, path('file')));
      await small.pack();
      assert.ok(saved().equals(Buffer.concat(new Array(count).fill(content))));
      assert.equal(small.isFull, false);
    });

    it('C2: what is large, is no file, or changes meanwhile is left to the reader of one', async () => {
      fs.mkdirSync(at('folder'));
      fs.writeFileSync(at('large'), random.bytes(shape.minChunkBytes + 1));
      fs.writeFileSync(at('file'), random.bytes(500));
      fs.symlinkSync('file', at('link'));
      const small = new SmallFiles(readerWith().options);
      assert.equal(small.read(0, path('folder')), false);
      assert.equal(small.read(1, path('large')), false);
      assert.throws(() => small.read(2, path('link')), { code: 'ELOOP' });
      const grown = (file: number) => ({ ...posix.statusOf(file), sizeBytes: 900, blocks: 2 });
      for (const change of [restless(1), { statusOf: grown }]) {
        const restlessly = new SmallFiles(readerWith(change).options);
        assert.equal(restlessly.read(3, path('file')), false);
        assert.deepEqual(await restlessly.pack(), []);
      }
      assert.deepEqual(await small.pack(), []);
    });
  });

  describe('in shares', () => {
    it('all shares one after the other are the file', async () => {
      const content = Buffer.from(random.bytes(3 * shape.shareBytes + 777));
      fs.writeFileSync(at('large'), content);
      const { options, saved } = readerWith();
      let bytesRead = 0;
      for (let share = 0; share < 4; share++) {
        bytesRead += (await readShare(path('large'), share, options)).bytesRead;
      }
      assert.ok(saved().equals(content));
      assert.equal(bytesRead, content.length);
    });

    it('C2: a share of a file that changed is no share', async () => {
      fs.writeFileSync(at('large'), random.bytes(2 * shape.shareBytes));
      const { options } = readerWith(restless(1));
      await assert.rejects(readShare(path('large'), 1, options), { code: 'source_changed' });
    });
  });
});
