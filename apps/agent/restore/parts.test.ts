// Goal: the small parts of a restore do what their heads say: where data goes around holes, how folders are
// opened at any depth, what a journal and a staging name carry, and how a tree is removed.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ByteString, byteString } from '@kura/base';
import { loadNative } from '@kura/native';
import { SeededRandom } from '@kura/testing';
import { DataCursor } from './data-cursor.ts';
import { FolderCursor } from './folder-cursor.ts';
import { decodeJournal, encodeJournalHeader, encodePlan, JOURNAL_END } from './journal.ts';
import { systemProcesses } from './process-table.ts';
import { removeTree } from './remove-tree.ts';
import { folderTimeOf, isStagingName, isStagingNameFor, newStagingName } from './staging-name.ts';
import { TestPlace } from './test-place.ts';
import { TestPosix } from './test-posix.ts';

const { posix } = loadNative();
let place: TestPlace;
beforeEach(() => {
  place = new TestPlace({ inMemory: true });
});
afterEach(() => place.remove());

describe('DataCursor', () => {
  const holes = [
    { offset: 0, length: 10 },
    { offset: 15, length: 5 },
    { offset: 30, length: 70 },
  ];

  it('walks over holes as the data comes', () => {
    const cursor = new DataCursor(holes);
    const runs: string[] = [];
    for (let rest = 15; rest > 0; ) {
      const length = cursor.run(Math.min(rest, 7));
      runs.push(`${cursor.position}+${length}`);
      cursor.advance(length);
      rest -= length;
    }
    assert.deepEqual(runs, ['10+5', '20+7', '27+3']);
    assert.equal(cursor.position, 100);
  });

  it('says which holes a part passes, so that the part can be written alone', () => {
    const cursor = new DataCursor(holes);
    assert.deepEqual(cursor.pass(7), [holes[1]]);
    assert.equal(cursor.position, 22);
    assert.deepEqual(cursor.pass(8), []);
    assert.equal(cursor.position, 100);
  });
});

describe('FolderCursor', () => {
  it('opens the right folder at any depth with few descriptors', () => {
    const depth = 400;
    fs.mkdirSync(place.at(''));
    const root = posix.openFolder(place.target);
    const test = new TestPosix();
    const cursor = new FolderCursor(test.posix, root);
    const path: ByteString[] = [];
    const inodes: bigint[] = [];
    let most = 0;
    for (let level = 0; level < depth; level++) {
      test.posix.makeFolderAt(cursor.open([...path]), byteString('d'), 0o700);
      path.push(byteString('d'));
      inodes.push(posix.statusOf(cursor.open([...path])).inode);
      most = Math.max(most, test.openCount);
    }
    const random = new SeededRandom(3);
    for (let round = 0; round < 50; round++) {
      const level = 1 + random.below(depth);
      const opened = posix.statusOf(cursor.open(path.slice(0, level)));
      assert.equal(opened.inode, inodes[level - 1]);
      most = Math.max(most, test.openCount);
    }
    assert.ok(most <= 130, `${most} open at once`);
    cursor.close();
    assert.equal(test.openCount, 0);
    posix.close(root);
  });

  it('follows no link, first or last', () => {
    fs.mkdirSync(place.at('real/inner'), { recursive: true });
    fs.symlinkSync('real', place.at('link'));
    fs.symlinkSync('inner', place.at('real/link'));
    const root = posix.openFolder(place.target);
    const cursor = new FolderCursor(posix, root);
    const open = (...names: string[]) => cursor.open(names.map(byteString));
    open('real', 'inner');
    assert.throws(() => open('link'));
    assert.throws(() => open('link', 'inner'));
    assert.throws(() => open('real', 'link'));
    open('real', 'inner');
    cursor.close();
    posix.close(root);
  });
});

describe('journal', () => {
  const folders = [
    {
      path: ['a', '\xff'] as ByteString[],
      mode: 0o1755,
      uid: 1000,
      gid: 0,
      mtimeNs: -5n,
      attributes: [{ name: byteString('user.x'), value: new Uint8Array([1, 2]) }],
      swaps: [
        { name: byteString('in'), undo: undefined, movesIn: true },
        { name: byteString('out'), undo: 300, movesIn: false },
        { name: byteString('both'), undo: 0, movesIn: true },
      ],
    },
    { path: [], mode: 0, uid: 0, gid: 0, mtimeNs: 0n, attributes: undefined, swaps: [] },
  ];
  const whole = Buffer.concat([encodeJournalHeader('me'), encodePlan(folders), JOURNAL_END]);

  it('comes back as it was written', () => {
    assert.deepEqual(decodeJournal(whole), { owner: 'me', folders, isDone: true });
  });

  it('cut anywhere, never says more than was written', () => {
    const headerBytes = encodeJournalHeader('me').length;
    const planEnd = whole.length - JOURNAL_END.length;
    for (let length = 0; length < whole.length; length++) {
      const journal = decodeJournal(whole.subarray(0, length));
      assert.equal(journal?.isDone ?? false, false);
      assert.equal(journal !== undefined, length >= headerBytes);
      assert.equal(journal?.folders !== undefined, length >= planEnd, `at ${length}`);
    }
  });

  it('with any byte changed, says nothing at all of the plan', () => {
    const planEnd = whole.length - JOURNAL_END.length;
    for (let at = encodeJournalHeader('me').length; at < planEnd; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      assert.equal(decodeJournal(changed)?.folders, undefined, `at ${at}`);
    }
  });
});

describe('staging names', () => {
  it('carry the time of the folder around them, also before 1970', () => {
    const random = new SeededRandom(1);
    for (const folderTimeNs of [0n, -1n, 1_714_979_289_123_456_789n]) {
      const name = newStagingName({ child: byteString('a'), folderTimeNs, random });
      assert.equal(folderTimeOf(name), folderTimeNs);
    }
  });

  it('tell whose they are, and stay short enough', () => {
    const random = new SeededRandom(1);
    const children = [undefined, byteString('a'), 'x'.repeat(255) as ByteString];
    const names = children.map((child) => newStagingName({ child, folderTimeNs: 1n, random }));
    for (const [index, name] of names.entries()) {
      assert.ok(isStagingName(name) && name.length <= 255);
      const matching = children.filter((child) => isStagingNameFor(name, child));
      assert.deepEqual(matching, [children[index]]);
    }
    assert.ok(!isStagingName(byteString('.kura-restore-notes')));
  });
});

describe('processes', () => {
  it('this one is alive, others with its number are not', () => {
    assert.ok(systemProcesses.isAlive(systemProcesses.self));
    assert.ok(!systemProcesses.isAlive(`${process.pid}/0/0`));
  });
});

describe('removeTree', () => {
  it('removes folders that are closed, deep, or full of links, and follows none', () => {
    const inner = place.at('tree/closed/inner');
    fs.mkdirSync(inner, { recursive: true });
    fs.symlinkSync(place.outside, join(inner, 'link'));
    fs.writeFileSync(join(inner, 'file'), 'x');
    for (const path of [inner, place.at('tree/closed')]) fs.chmodSync(path, 0);
    const folder = posix.openFolder(place.target);
    assert.equal(removeTree({ posix, folder, name: byteString('tree') }), 0);
    posix.close(folder);
    assert.deepEqual(fs.readdirSync(place.at('')), []);
    place.assertTidy();
  });
});
