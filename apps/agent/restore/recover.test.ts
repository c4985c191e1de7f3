// Goal: what a killed restore left behind is told from one that still runs, and from what others planted
// (C10).
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type ByteString, byteString } from '@kura/base';
import { loadNative } from '@kura/native';
import { encodeJournalHeader, encodePlan, JOURNAL_END } from './journal.ts';
import { systemProcesses } from './process-table.ts';
import { recoverInterruptedRestore } from './recover.ts';
import { capture } from './test-capture.ts';
import { TestPlace } from './test-place.ts';
import { TestPosix } from './test-posix.ts';
import { TestTree } from './test-tree.ts';

const { posix } = loadNative();
const ID = '0123456789abcdef-17c4b1e2a3f40000';

let place: TestPlace;
beforeEach(() => {
  place = new TestPlace({ inMemory: true });
});
afterEach(() => place.remove());

const write = (path: string, text: string | Uint8Array): void =>
  fs.writeFileSync(place.at(path), text);

/** A staging folder in the target, as a restore that was killed leaves it. */
function plant(journal: Uint8Array, name = `.kura-restore-${ID}`): string {
  for (const part of ['tree', 'undo'])
    fs.mkdirSync(place.at(`${name}/${part}`), { recursive: true });
  write(`${name}/journal`, journal);
  return name;
}

const aSwap = { name: byteString('file'), undo: 0, movesIn: true };
const aFolder = {
  path: [],
  mode: 0o755,
  uid: 0,
  gid: 0,
  mtimeNs: 0n,
  attributes: undefined,
  swaps: [aSwap],
};

describe('a staging folder that is found', () => {
  it('belongs to a restore that runs: busy, and nothing is touched', async () => {
    const tree = new TestTree();
    plant(encodeJournalHeader(systemProcesses.self));
    const before = capture(place.target, { withInodes: true });
    await assert.rejects(place.restore(tree, tree.folder('', [])), { code: 'busy' });
    assert.deepEqual(capture(place.target, { withInodes: true }), before);
  });

  it('belongs to a process that is gone, or to another one with the same number', () => {
    const gone = [`${2 ** 22}/x/1`, `${process.pid}/another life`, 'nonsense', ''];
    for (const owner of gone) {
      plant(encodeJournalHeader(owner));
      assert.equal(recoverInterruptedRestore(place.target, { posix }).rolledBack, 1, owner);
    }
    place.assertTidy();
  });

  it('was killed in the middle of its moves: they are undone', () => {
    const name = plant(Buffer.concat([encodeJournalHeader('x'), encodePlan([aFolder])]));
    write('file', 'restored');
    write(`${name}/undo/0`, 'mine');
    assert.equal(recoverInterruptedRestore(place.target, { posix }).rolledBack, 1);
    assert.equal(fs.readFileSync(place.at('file'), 'utf8'), 'mine');
    place.assertTidy();
  });

  it('was done but for tidying up: what was restored stays', () => {
    const done = Buffer.concat([encodeJournalHeader('x'), encodePlan([aFolder]), JOURNAL_END]);
    const name = plant(done);
    write('file', 'restored');
    write(`${name}/undo/0`, 'mine');
    assert.equal(recoverInterruptedRestore(place.target, { posix }).finished, 1);
    assert.equal(fs.readFileSync(place.at('file'), 'utf8'), 'restored');
    place.assertTidy();
  });

  it('has a damaged journal and files to put back: they are not thrown away', () => {
    const journal = Buffer.concat([encodeJournalHeader('x'), encodePlan([aFolder])]);
    journal[journal.length - 1] = 0xff;
    const name = plant(journal);
    write(`${name}/undo/0`, 'mine');
    assert.throws(() => recoverInterruptedRestore(place.target, { posix }), { code: 'corrupt' });
    assert.equal(fs.readFileSync(place.at(`${name}/undo/0`), 'utf8'), 'mine');
  });

  it('names something outside: refused', () => {
    const path = ['..', 'outside'] as ByteString[];
    plant(Buffer.concat([encodeJournalHeader('x'), encodePlan([{ ...aFolder, path }])]));
    assert.throws(() => recoverInterruptedRestore(place.target, { posix }), { code: 'corrupt' });
    fs.rmSync(place.at(''), { recursive: true });
    place.assertTidy();
  });

  it('came out of a snapshot: it is never restored, so it cannot be planted', async () => {
    const tree = new TestTree();
    const forged = tree.folder(`.kura-restore-${ID}`, [tree.file('journal', 'x')]);
    const beside = tree.folder(`.x.kura-restore-${ID}`, []);
    const root = tree.folder('', [forged, tree.folder('x', [beside]), tree.file('file', '')]);
    const summary = await place.restore(tree, root);
    assert.deepEqual(
      summary.problems.map(({ kind }) => kind),
      ['reserved_name', 'reserved_name'],
    );
    assert.deepEqual([...capture(place.target).keys()], ['', 'file', 'x']);
  });
});

describe('a restore that is stopped', () => {
  it('rolls back and says interrupted', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at(''));
    const before = capture(place.target, { withInodes: true });
    const stop = new AbortController();
    const content = {
      ...tree,
      expandList: tree.expandList.bind(tree),
      read: (entry: Parameters<TestTree['read']>[0]) => {
        stop.abort();
        return tree.read(entry);
      },
    };
    const many = Array.from({ length: 9000 }, (_, index) => tree.file(`f${index}`, 'x'));
    const large = tree.folder('', many);
    const ports = { content, signal: stop.signal };
    await assert.rejects(place.restore(tree, large, { ports }), { code: 'interrupted' });
    assert.deepEqual(capture(place.target, { withInodes: true }), before);
    place.assertTidy();
  });

  it('says so if even the rollback fails, and the next restore puts it right', async () => {
    const tree = new TestTree();
    fs.mkdirSync(place.at(''));
    write('file', 'mine');
    const root = tree.folder('', [tree.file('file', 'snapshot')]);
    let isBroken = false;
    const broken = new Proxy(posix, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'renameAt' || typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          if (isBroken) throw Object.assign(new Error('EIO: broken'), { code: 'EIO' });
          isBroken = String(given[1]) === 'file';
          return value.apply(target, given);
        };
      },
    });
    await assert.rejects(place.restore(tree, root, { ports: { posix: broken } }), (error: Error) =>
      /could not be put back/.test(error.message),
    );
    assert.ok(!fs.existsSync(place.at('file')), 'it lies in undo/');
    const processes = { self: 'next', isAlive: () => false };
    assert.equal(recoverInterruptedRestore(place.target, { posix, processes }).rolledBack, 1);
    assert.equal(fs.readFileSync(place.at('file'), 'utf8'), 'mine');
    place.assertTidy();
  });

  it('does nothing to a target without leftovers, there or not', () => {
    const test = new TestPosix();
    const ports = { posix: test.posix };
    const nothing = { rolledBack: 0, finished: 0, left: [] };
    assert.deepEqual(recoverInterruptedRestore(place.target, ports), nothing);
    fs.mkdirSync(place.at(''));
    assert.deepEqual(recoverInterruptedRestore(place.target, ports), nothing);
    assert.equal(test.openCount, 0);
  });
});
