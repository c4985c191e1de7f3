// Mutated caches of KURA_HOME: index and notes of interrupted backups, damaged from the outside and rightly
// sealed around nonsense. Nothing in them is the only copy of anything, so whatever is wrong, they end in
// silence.

import { ResumeNotes } from '@kura/agent/backup/plan/resume-notes.ts';
import { chunkIdsOf, encodeIndexRecord, readIndex } from '@kura/agent/index/index-file.ts';
import { readSealedLog } from '@kura/agent/index/sealed-log.ts';
import { type ByteString, type PackId, SMALL_SHAPE, toHex } from '@kura/base';
import { encodeEntry } from '@kura/format';
import { fixtureRandom, member } from '@kura/format/pack-fixtures.ts';
import { fileEntry } from '@kura/format/test-entries.ts';
import { sealLocal } from '@kura/member-seal';
import type { FileStatus } from '@kura/native';
import { MemoryDisk, type SeededRandom } from '@kura/testing';
import { type HostileKind, type Outcome, Violation } from './kind.ts';
import { mutate } from './mutate.ts';
import { type ReadCase, readerKind, type Step } from './reader-kind.ts';

const { localKey } = member;
const FOLDER = '/home/cache';

function framed(purpose: string, bytes: Uint8Array): Uint8Array {
  const sealed = sealLocal({ localKey, purpose, bytes, random: fixtureRandom });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(sealed.length);
  return Buffer.concat([length, sealed]);
}

/** A log of records, some of them changed before they were sealed, the whole perhaps changed after. */
function anyLog(random: SeededRandom, purpose: string, records: readonly Uint8Array[]): Uint8Array {
  const isForged = random.chance(0.5);
  const parts = records.map((bytes) =>
    framed(purpose, isForged ? mutate(random, [bytes, ...records]) : bytes),
  );
  const log = Buffer.concat(parts);
  return isForged ? log : mutate(random, [log]);
}

function diskWith(name: string, bytes: Uint8Array): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeFolder(FOLDER);
  const file = disk.create(`${FOLDER}/${name}`);
  file.write(bytes, 0);
  file.close();
  return disk;
}

/**
 * A cache that throws, whatever it throws, stops a command that could do without it. Accepted: something
 * in it could still be used.
 */
function inSilence(work: () => boolean): Outcome {
  try {
    return work() ? 'accepted' : 'refused';
  } catch (error) {
    if (error instanceof Violation) throw error;
    throw new Violation('a cache did not end in silence', error);
  }
}

const indexes = readerKind({
  name: 'index logs',
  share: 4,
  open(): ReadCase {
    const records = [1, 4].map((count) =>
      encodeIndexRecord({
        packId: toHex(fixtureRandom.bytes(32)) as PackId,
        leafCount: 4,
        isFolderPack: count === 1,
        chunkIds: fixtureRandom.bytes(32 * count),
      }),
    );
    return (random, step) => {
      const disk = diskWith('a.idx', anyLog(random, 'index', records));
      return inSilence(() => {
        let found = 0;
        for (const record of readIndex({ disk, folder: FOLDER, localKey })) {
          found++;
          for (const _ of chunkIdsOf(record)) step();
        }
        return found > 0;
      });
    };
  },
});

const PATH = '/home/hana/file' as ByteString;
const STATUS: FileStatus = {
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  sizeBytes: 60,
  blocks: 1,
  mtimeNs: 1n,
  ctimeNs: 2n,
  inode: 3n,
  device: 4n,
  links: 1,
  deviceNumber: 0n,
};

/** As a backup leaves them: a record with a file, and one with a share of a large file. */
function noteRecords(): Uint8Array[] {
  const disk = new MemoryDisk();
  const options = { disk, folder: FOLDER, localKey, random: fixtureRandom, shape: SMALL_SHAPE };
  const notes = new ResumeNotes(options);
  const entry = fileEntry('file', 3);
  notes.noteFile(PATH, encodeEntry(entry));
  notes.flush();
  notes.noteShare({ path: PATH, share: 0, status: STATUS, content: entry.content });
  notes.close();
  const path = `${FOLDER}/${disk.list(FOLDER)[0]?.name}`;
  return [...readSealedLog({ disk, path, localKey, purpose: 'resume' })];
}

function useNotes(disk: MemoryDisk, step: Step): boolean {
  const options = { disk, folder: FOLDER, localKey, random: fixtureRandom, shape: SMALL_SHAPE };
  const notes = new ResumeNotes(options);
  const cursor = notes.file(PATH, 'file' as ByteString);
  if (cursor !== undefined) {
    step();
    cursor.entry();
  }
  const content = notes.share(PATH, STATUS, 0);
  notes.discard();
  return cursor !== undefined || content !== undefined;
}

const resumes = readerKind({
  name: 'resume logs',
  share: 4,
  open(): ReadCase {
    const records = noteRecords();
    return (random, step) => {
      const disk = diskWith('a.resume', anyLog(random, 'resume', records));
      return inSilence(() => useNotes(disk, step));
    };
  },
});

export const homeFileKinds: readonly HostileKind[] = [indexes, resumes];
