import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { KuraError, must, type SnapshotId } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { newDevice } from '@kura/member-seal';
import { check } from '../check/check.ts';
import { openReading, type Reading } from '../read/reading.ts';
import { TestNetwork } from '../test-network.ts';
import { replaceSnapshot } from './replace-snapshot.ts';
import type { StoredSnapshot } from './snapshot-store.ts';

describe('snapshots', () => {
  let network: TestNetwork;
  let first: SnapshotId;
  let second: SnapshotId;

  beforeEach(async () => {
    network = await TestNetwork.found();
    first = await network.save({ a: network.random.bytes(5000) }, { tags: ['x'] });
    second = await network.save({ b: network.random.bytes(5000) });
  });
  afterEach(() => network.close());

  async function withReading<T>(work: (reading: Reading) => Promise<T>): Promise<T> {
    const reading = await openReading(await network.context(), { purpose: 'read' });
    try {
      return await work(reading);
    } finally {
      reading.close();
    }
  }
  const list = (): Promise<readonly StoredSnapshot[]> =>
    withReading((reading) => reading.snapshots.list());
  const recordOf = async (id: SnapshotId): Promise<PackRow> => {
    const head = (await network.coordinator.snapshots()).find((row) => row.snapshotId === id);
    const row = await network.coordinator.pack(must(head, 'the head').packId);
    return must(row, 'the pack of the record');
  };

  async function tag(id: SnapshotId, tags: readonly string[]): Promise<SnapshotId> {
    const context = await network.context();
    const reading = await openReading(context, { purpose: 'read' });
    try {
      const stored = must(await reading.snapshots.find(id), 'the snapshot');
      return await replaceSnapshot(stored, { tags }, { ...context, reading });
    } finally {
      reading.close();
    }
  }

  it('are listed oldest first, each with its record', async () => {
    const stored = await list();
    assert.deepEqual(
      stored.map(({ id, snapshot }) => [id, snapshot.tags]),
      [
        [first, ['x']],
        [second, []],
      ],
    );
    assert.equal(stored[1]?.snapshot.predecessor, first);
  });

  it('one whose record is lost is named, and hides none of the others', async () => {
    const record = await recordOf(first);
    network.loseCache();
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, record);
    await assert.rejects(list(), (error) => {
      return error instanceof KuraError && error.code === 'data_lost';
    });
    await withReading(async (reading) => {
      const told: SnapshotId[] = [];
      const stored = await reading.snapshots.listReadable((row) => told.push(row.snapshotId));
      assert.deepEqual(told, [first]);
      assert.deepEqual(
        stored.map(({ id }) => id),
        [second],
      );
      assert.equal((await reading.snapshots.find(second))?.id, second);
      await assert.rejects(reading.snapshots.find(first));
    });
  });

  it('one that nobody knows is not found', async () => {
    const unknown = '00'.repeat(32) as SnapshotId;
    assert.equal(await withReading((reading) => reading.snapshots.find(unknown)), undefined);
  });

  it('D2: a record that was signed by a device of somebody else does not count', async () => {
    network.device = newDevice({ ownerSeed: network.random.bytes(32), random: network.random });
    const forged = await network.save({ c: network.random.bytes(100) });
    await assert.rejects(
      withReading((reading) => reading.snapshots.find(forged)),
      KuraError,
    );
  });

  it('given other tags keep their tree, their time and their place in the list', async () => {
    const before = must((await list())[0], 'the first');
    const tagged = await tag(first, ['y', 'z']);
    const [found, other] = await list();
    assert.deepEqual([found?.id, other?.id], [tagged, second]);
    const { snapshot } = must(found, 'the tagged one');
    assert.deepEqual(snapshot.tags, ['y', 'z']);
    assert.equal(snapshot.original, first);
    assert.deepEqual(
      [snapshot.root, snapshot.timeMs, snapshot.paths, snapshot.kind],
      [before.snapshot.root, before.snapshot.timeMs, before.snapshot.paths, before.snapshot.kind],
    );
    const again = await tag(tagged, []);
    const last = (await list()).find(({ id }) => id === again);
    assert.equal(last?.snapshot.original, first);
    const report = await check({ kind: 'all' }, await network.context());
    assert.deepEqual([report.hurtPacks, report.lostSnapshots, report.snapshots], [[], [], 2]);
  });

  it('C11: are not forgotten before the new record is committed, nor is a session left', async () => {
    for (const city of ['osaka', 'seoul', 'frankfurt']) {
      const { disk } = network.store(city);
      disk.capacityBytes = disk.usedBytes;
    }
    await assert.rejects(tag(first, ['never']));
    assert.deepEqual(
      (await list()).map(({ id }) => id),
      [first, second],
    );
    assert.deepEqual(await network.coordinator.sessions(), []);
    const [latest] = await network.coordinator.journal(1);
    assert.equal(latest?.outcome, 'failed', 'C12: and is not said to be done');
    for (const city of ['osaka', 'seoul', 'frankfurt']) {
      const { disk } = network.store(city);
      assert.deepEqual(disk.files('/shelf/incoming'), [], city);
    }
  });
});
