// Goal: what changes between the look ahead and the walk does no harm: what is read is saved as it was read, and what
// was not noticed this time is noticed the next.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { byteString, must, type SnapshotId } from '@kura/base';
import type { TreeEntry } from '@kura/format';
import { openReading } from '../../read/reading.ts';
import { walkTree } from '../../read/walk-tree.ts';
import { native, TestNetwork } from '../../test-network.ts';
import { backup } from '../backup.ts';
import type { AheadPort } from '../ports.ts';
import { backupOptions } from '../test-options.ts';
import { lookAhead } from './look-ahead.ts';
import { SeenAhead } from './seen-ahead.ts';

describe('a source that changes after it was looked at', () => {
  let network: TestNetwork;
  beforeEach(async () => {
    network = await TestNetwork.found();
  });
  afterEach(() => network.close());

  const at = (name: string): string => join(network.source, name);
  /** Of a path in the source. */
  const relative = (path: string): string => path.slice(network.source.length + 1);
  const write = (name: string, content: string): void => writeFileSync(at(name), content);

  /** All of the source as it is now, seen. */
  function seenNow(): AheadPort {
    const choice = { exclude: [], excludeCaches: false, oneFileSystem: false };
    const request = { paths: [byteString(network.source)], ...choice };
    const batches = [...lookAhead(request, { posix: native.posix, isDue: () => false })];
    return {
      over: (system) => new SeenAhead({ system, nextBatch: () => batches.shift() }),
      end: async () => undefined,
    };
  }

  async function save(ahead?: AheadPort) {
    const request = backupOptions({ paths: [byteString(network.source)] });
    return await backup(request, { ...(await network.context()), ahead });
  }

  async function entriesOf(id: SnapshotId | undefined): Promise<Map<string, TreeEntry>> {
    const reading = await openReading(await network.context(), { purpose: 'read' });
    try {
      const found = await reading.snapshots.find(must(id, 'a snapshot'));
      const { root } = must(found, 'the snapshot').snapshot;
      const entries = new Map<string, TreeEntry>();
      const folder = { content: [root], isList: false };
      const walk = walkTree(reading.trees, { folder, path: byteString('/'), isDeep: true });
      for await (const { path, entry } of walk) {
        if (path.startsWith(`${network.source}/`)) entries.set(relative(path), entry);
      }
      return entries;
    } finally {
      reading.close();
    }
  }

  it('C2: a file is saved as it was when it was read, not as it was seen', async () => {
    write('new', 'short');
    const ahead = seenNow();
    write('new', 'much longer than before');
    const { snapshotId, problems } = await save(ahead);
    const entry = must((await entriesOf(snapshotId)).get('new'), 'the file');
    const now = must(native.posix.status(network.pathOf('new')), 'the file');
    assert.deepEqual(
      [entry.sizeBytes, entry.mtimeNs, entry.ctimeNs],
      [23, now.mtimeNs, now.ctimeNs],
    );
    assert.deepEqual(problems, []);
  });

  it('C2: what it looked untouched for is saved by the next backup', async () => {
    write('file', 'one');
    await save();
    const ahead = seenNow();
    write('file', 'two and more');
    const unnoticed = await save(ahead);
    assert.equal(unnoticed.statistics.filesUnmodified, 1);
    assert.equal((await entriesOf(unnoticed.snapshotId)).get('file')?.sizeBytes, 3);
    const next = await save(seenNow());
    assert.equal(next.statistics.filesChanged, 1);
    assert.equal((await entriesOf(next.snapshotId)).get('file')?.sizeBytes, 12);
  });

  it('C2: what went away, or is something else by now, is told, and all else is saved', async () => {
    for (const name of ['gone', 'link', 'stays']) write(name, name);
    mkdirSync(at('folder'));
    write('folder/file', 'x');
    const ahead = seenNow();
    rmSync(at('gone'));
    rmSync(at('link'));
    symlinkSync('stays', at('link'));
    rmSync(at('folder'), { recursive: true });
    const { snapshotId, problems } = await save(ahead);
    assert.deepEqual(problems.map(({ path }) => relative(path)).toSorted(), [
      'folder/file',
      'gone',
      'link',
    ]);
    const saved = await entriesOf(snapshotId);
    assert.deepEqual([...saved.keys()], ['folder', 'stays']);
  });
});
