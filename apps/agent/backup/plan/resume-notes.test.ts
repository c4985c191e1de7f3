import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ByteString, byteString, type ChunkId, SMALL_SHAPE } from '@kura/base';
import { type ContentEntry, encodeEntry, type TreeEntry } from '@kura/format';
import { faultDisk, MemoryDisk, SeededRandom } from '@kura/testing';
import { ResumeNotes } from './resume-notes.ts';
import { fileStatus } from './test-status.ts';

const FOLDER = '/home/agent/resume';
const PATH = byteString('/data/x');
const NAME = byteString('x');
const STATUS = fileStatus();
const CONTENT: readonly ContentEntry[] = [
  { id: new Uint8Array(32).fill(7) as ChunkId, length: 20 },
];

function entryBytes(change: Partial<TreeEntry> = {}): Uint8Array {
  const { blocks, ...known } = STATUS;
  return encodeEntry({
    ...known,
    name: NAME,
    target: '' as ByteString,
    holes: [],
    attributes: [],
    isIncomplete: false,
    content: CONTENT,
    isList: false,
    ...change,
  });
}

function notesOn(disk: MemoryDisk, seed: number, localKey = new Uint8Array(32).fill(1)) {
  const random = new SeededRandom(seed);
  return new ResumeNotes({ disk, folder: FOLDER, localKey, random, shape: SMALL_SHAPE });
}

const files = (disk: MemoryDisk): string[] => disk.list(FOLDER).map((entry) => entry.name);

/** A backup that noted one file and one share, and was killed. */
function killedBackup(disk: MemoryDisk): void {
  const notes = notesOn(disk, 1);
  notes.noteFile(PATH, entryBytes());
  notes.noteShare({ path: PATH, share: 3, status: STATUS, content: CONTENT });
  notes.flush();
}

describe('C5: what a killed backup has read', () => {
  it('is known to the next one, file by file and share by share', () => {
    const disk = new MemoryDisk();
    killedBackup(disk);
    const notes = notesOn(disk, 2);
    const cursor = notes.file(PATH, NAME);
    assert.equal(cursor?.sizeBytes, 20);
    assert.deepEqual(Buffer.from(cursor?.entryBytes ?? []), Buffer.from(entryBytes()));
    const share = notes.share(PATH, STATUS, 3);
    assert.deepEqual(
      share?.map(({ id, length }) => [Buffer.from(id).toString('hex'), length]),
      [['07'.repeat(32), 20]],
    );
  });

  it('is nothing about another file, another share, or a file that changed since', () => {
    const disk = new MemoryDisk();
    killedBackup(disk);
    const notes = notesOn(disk, 2);
    assert.equal(notes.file(byteString('/data/y'), NAME), undefined);
    assert.equal(notes.file(PATH, byteString('y')), undefined, 'its entry bears another name');
    assert.equal(notes.share(PATH, STATUS, 2), undefined);
    assert.equal(notes.share(byteString('/data/y'), STATUS, 3), undefined);
    for (const change of [{ sizeBytes: 21 }, { mtimeNs: 9n }, { ctimeNs: 9n }, { inode: 9n }]) {
      assert.equal(notes.share(PATH, { ...STATUS, ...change }, 3), undefined);
    }
  });

  it('only what was flushed survives; much is flushed by itself', () => {
    const disk = new MemoryDisk();
    const notes = notesOn(disk, 1);
    notes.noteFile(PATH, entryBytes());
    assert.equal(notesOn(disk, 2).file(PATH, NAME), undefined);
    for (let index = 0; index < 4000; index++)
      notes.noteFile(byteString(`/f${index}`), entryBytes());
    const next = notesOn(disk, 3);
    assert.notEqual(next.file(PATH, NAME), undefined);
    assert.notEqual(next.file(byteString('/f1000'), NAME), undefined);
  });

  it('is gone with the notes of all that came before, once the snapshot exists', () => {
    const disk = new MemoryDisk();
    killedBackup(disk);
    const second = notesOn(disk, 2);
    second.noteFile(byteString('/data/y'), entryBytes());
    second.close();
    assert.equal(files(disk).length, 2);
    const third = notesOn(disk, 3);
    third.noteFile(byteString('/data/z'), entryBytes());
    third.flush();
    third.discard();
    assert.deepEqual(files(disk), []);
  });

  it('a backup that fails keeps them for the next', () => {
    const disk = new MemoryDisk();
    killedBackup(disk);
    notesOn(disk, 2).close();
    assert.notEqual(notesOn(disk, 3).file(PATH, NAME), undefined);
  });

  it('a disk that refuses to remove them takes nothing from the snapshot', () => {
    const disk = new MemoryDisk();
    killedBackup(disk);
    const refusing = faultDisk(disk, { at: 1, only: ['unlink'], lasting: true });
    const options = { folder: FOLDER, localKey: new Uint8Array(32).fill(1), shape: SMALL_SHAPE };
    const notes = new ResumeNotes({ ...options, disk: refusing, random: new SeededRandom(2) });
    notes.discard();
    assert.equal(files(disk).length, 1);
  });
});

describe('R8: notes are only hints', () => {
  it('of another member, or torn, they say nothing', () => {
    const disk = new MemoryDisk();
    killedBackup(disk);
    const stranger = notesOn(disk, 2, new Uint8Array(32).fill(2));
    assert.equal(stranger.file(PATH, NAME), undefined);
    const [name] = files(disk);
    disk.flip(`${FOLDER}/${name}`, 40);
    assert.equal(notesOn(disk, 3).file(PATH, NAME), undefined);
  });

  it('rightly sealed around nonsense, the file is read again', () => {
    const disk = new MemoryDisk();
    const notes = notesOn(disk, 1);
    notes.noteFile(PATH, new Uint8Array([255, 255, 255]));
    notes.noteFile(byteString('/data/two'), Buffer.concat([entryBytes(), entryBytes()]));
    notes.flush();
    const next = notesOn(disk, 2);
    assert.equal(next.file(PATH, NAME), undefined);
    const two = next.file(byteString('/data/two'), NAME);
    assert.deepEqual(Buffer.from(two?.entryBytes ?? []), Buffer.from(entryBytes()));
  });
});
