import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteString } from '@kura/base';
import type { FileStatus, FileType } from '@kura/native';
import fc from 'fast-check';
import { fileStatus } from '../plan/test-status.ts';
import { type Sighting, SightingReader, SightingWriter } from './sightings.ts';

const TYPES: readonly FileType[] = ['file', 'folder', 'symlink', 'fifo', 'block', 'socket'];
const ROOT = '/' as ByteString;

function read(...batches: readonly Uint8Array[]): Sighting[] {
  const reader = new SightingReader();
  return batches.flatMap((batch) => {
    reader.open(batch);
    const seen: Sighting[] = [];
    for (let next = reader.next(); next !== undefined; next = reader.next()) seen.push(next);
    return seen;
  });
}

describe('sightings', () => {
  it('come back as they were, whatever the system says', () => {
    const u32 = fc.nat(2 ** 32 - 1);
    const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
    const i64 = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n);
    const status: fc.Arbitrary<FileStatus> = fc
      .record({
        ...{
          type: fc.constantFrom(...TYPES),
          mode: fc.nat(0o7777),
          uid: u32,
          gid: u32,
          links: u32,
        },
        ...{ sizeBytes: fc.maxSafeNat(), blocks: fc.maxSafeNat() },
        ...{ mtimeNs: i64, ctimeNs: i64, inode: u64, device: u64, deviceNumber: u64 },
      })
      .map((one) => ({ ...one, deviceNumber: one.type === 'block' ? one.deviceNumber : 0n }));
    fc.assert(
      fc.property(status, (one) => {
        const writer = new SightingWriter();
        writer.names(0, ROOT, ['x' as ByteString]);
        writer.status(0, 0, one);
        assert.deepEqual(read(writer.take()), [
          { path: '/', names: ['x'] },
          { path: '/x', status: one },
        ]);
      }),
    );
  });

  it('names are bytes, and a folder may have none', () => {
    const names = Array.from({ length: 255 }, (_, byte) => String.fromCharCode(byte + 1))
      .filter((name) => name !== '/')
      .map((name) => name as ByteString);
    const writer = new SightingWriter();
    writer.names(0, ROOT, names);
    writer.names(1, '/\xff' as ByteString, []);
    assert.deepEqual(read(writer.take()), [
      { path: '/', names },
      { path: '/\xff', names: [] },
    ]);
  });

  it('a status is of the folder in which the look is again, batches later', () => {
    const writer = new SightingWriter();
    const names = ['a', 'b', 'c'] as ByteString[];
    writer.names(0, ROOT, names);
    const first = writer.take();
    writer.names(1, '/a' as ByteString, names);
    writer.status(1, 2, fileStatus());
    writer.status(0, 1, fileStatus());
    const seen = read(first, writer.take(), writer.take());
    assert.deepEqual(
      seen.filter((one) => 'status' in one).map(({ path }) => path),
      ['/a/c', '/b'],
    );
  });
});
