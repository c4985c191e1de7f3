import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { KuraError, must, type SnapshotId, toHex } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { deriveMemberKeys, newRoot } from '@kura/member-seal';
import { faultDisk } from '@kura/testing';
import { check } from '../check/check.ts';
import { openReading } from '../read/reading.ts';
import { TestNetwork } from '../test-network.ts';
import { type RecoverSummary, recover } from './recover.ts';

describe('recover', () => {
  let network: TestNetwork;
  let first: SnapshotId;
  let second: SnapshotId;

  beforeEach(async () => {
    network = await TestNetwork.found();
    first = await network.save({ a: network.random.bytes(20_000), b: network.random.bytes(300) });
    second = await network.save({ a: network.random.bytes(9000) }, { tags: ['second'] });
  });
  afterEach(() => network.close());

  const run = async (): Promise<RecoverSummary> => {
    const context = await network.context();
    return recover({ ...context, shelves: context.stores, adopting: network.coordinator });
  };
  const ids = async (): Promise<readonly SnapshotId[]> =>
    (await network.coordinator.snapshots()).map((row) => row.snapshotId);
  const onlyIn = (city: string): void => {
    for (const store of network.stores) store.isAway = store.city !== city;
  };
  /** The pack that holds the record of a snapshot. */
  const recordOf = async (id: SnapshotId): Promise<PackRow> => {
    const head = (await network.coordinator.snapshots()).find((row) => row.snapshotId === id);
    const { packId } = must(head, 'the head');
    return must(await network.coordinator.pack(packId), 'its pack');
  };

  it('A2: one store with a full set brings back every snapshot, in order', async () => {
    const before = await network.rows();
    onlyIn('frankfurt');
    await network.loseHome(1);
    const done = await run();
    assert.deepEqual(
      [done.packs, done.snapshots, done.incomplete, done.passedOver, done.packsUnreadable],
      [before.length, 2, 0, 0, 0],
    );
    assert.deepEqual(await ids(), [first, second]);
    const reading = await openReading(await network.context(), { purpose: 'read' });
    const { snapshot } = must(await reading.snapshots.find(second), 'the second snapshot');
    reading.close();
    assert.deepEqual(snapshot.tags, ['second']);
    const report = await check({ kind: 'all' }, await network.context());
    assert.deepEqual([report.hurtPacks, report.lostSnapshots], [[], []]);
  });

  it('A2: several stores give every pack all of its copies', async () => {
    const before = (await network.rows()).map((row) => [row.packId, row.copies.length]);
    await network.loseHome(2);
    await run();
    assert.deepEqual(
      (await network.rows()).map((row) => [row.packId, row.copies.length]),
      before,
    );
  });

  it('A2: home and copies are what the newest snapshot says, not what was assumed', async () => {
    await network.coordinator.setHome(HOME);
    await network.save({ c: network.random.bytes(100) });
    await network.loseHome(1);
    const done = await run();
    assert.deepEqual(done.founding, { copies: 2, home: HOME });
    const described = await network.coordinator.describe();
    assert.deepEqual([described.copies, described.home], [2, HOME]);
    assert.equal(network.coordinator.charter.copies, 2);
  });

  const HOME = { name: 'osaka', lat: 34.7, lon: 135.5, powerArea: 'jp-west' };

  it('keeps no more copies than there are stores, and says how many there were', async () => {
    onlyIn('frankfurt');
    await network.loseHome(1);
    const done = await run();
    assert.equal(done.founding?.copies, 2);
    assert.equal((await network.coordinator.describe()).copies, 1);
  });

  it('a store without a full set: what is there comes back, and the rest is told', async () => {
    const records = [await recordOf(first), await recordOf(second)].map((row) => row.packId);
    const isData = ({ packId }: PackRow): boolean => !records.includes(packId);
    const lost = must((await network.rows()).find(isData), 'a pack of data');
    onlyIn('frankfurt');
    network.unlinkCopy('frankfurt', lost);
    await network.loseHome(1);
    const done = await run();
    assert.deepEqual([done.snapshots, done.incomplete], [2, 1]);
    const report = await check({ kind: 'none' }, await network.context());
    assert.equal(report.lostSnapshots.length, 1);
  });

  it('A2: rot that parity heals costs nothing, wherever it is', async () => {
    onlyIn('frankfurt');
    const rows = await network.rows();
    for (const row of rows) network.damage('frankfurt', row, 0);
    const record = await recordOf(second);
    network.damage('frankfurt', record, record.leafCount - 1);
    await network.loseHome(1);
    const done = await run();
    assert.deepEqual([done.packs, done.passedOver, done.incomplete], [rows.length, 0, 0]);
    assert.deepEqual(await ids(), [first, second]);
  });

  it('A2: the end of a pack, with its list of chunks, is healed as well', async () => {
    onlyIn('frankfurt');
    const rows = await network.rows();
    for (const row of rows) network.damage('frankfurt', row, row.leafCount - 1);
    await network.loseHome(1);
    const done = await run();
    assert.deepEqual([done.packsUnreadable, done.incomplete, done.snapshots], [0, 0, 2]);
  });

  it('A2: a folder page that cannot be read is healed before the snapshot is called incomplete', async () => {
    const names = Array.from({ length: 400 }, () => toHex(network.random.bytes(100)));
    const folders = names.map((name, index) => [`folder ${index % 20}/${name}`, new Uint8Array()]);
    const third = await network.save(Object.fromEntries(folders));
    onlyIn('frankfurt');
    // In between: what lists chunks and records, at the end of the pack, can be read.
    network.damage('frankfurt', await recordOf(third), 6);
    await network.loseHome(1);
    const done = await run();
    assert.deepEqual([done.packsUnreadable, done.incomplete, done.snapshots], [0, 0, 3]);
  });

  it('one pack beyond healing does not keep the others away', async () => {
    onlyIn('frankfurt');
    const rows = await network.rows();
    network.ruin('frankfurt', await recordOf(second));
    await network.loseHome(1);
    const done = await run();
    assert.deepEqual([done.packs, done.passedOver], [rows.length - 1, 1]);
    assert.deepEqual(await ids(), [first]);
  });

  it('a medium that refuses one file gives all others', async () => {
    onlyIn('frankfurt');
    const rows = await network.rows();
    await network.loseHome(1);
    // The first copy that is asked for, whatever is tried with it.
    let bad: string | undefined;
    network.store('frankfurt').wrap = (disk) => {
      const plain = faultDisk(disk);
      return {
        ...plain,
        openRead: (path, options) => {
          if (path.includes('/copies/')) bad ??= path;
          if (path === bad) throw Object.assign(new Error('EIO: read'), { code: 'EIO' });
          return plain.openRead(path, options);
        },
      };
    };
    const done = await run();
    assert.equal(done.packs, rows.length - 1);
    assert.equal(done.passedOver, 1);
  });

  it('D2: without the words nothing is found', async () => {
    const before = await network.rows();
    await network.loseHome(2);
    const context = await network.context();
    const keys = deriveMemberKeys(newRoot(network.random));
    const done = await recover({
      ...{ ...context, keys },
      shelves: context.stores,
      adopting: network.coordinator,
    });
    assert.deepEqual([done.packs, done.snapshots], [0, 0]);
    assert.equal(done.passedOver, before.length * 2);
  });

  it('ends if a store goes away, changes nothing, and can be begun again', async () => {
    await network.loseHome(2);
    const store = network.store('frankfurt');
    let calls = 0;
    store.wrap = (disk) => {
      const plain = faultDisk(disk);
      const gone = (): void => {
        calls++;
        if (calls > 4) throw new KuraError('unreachable', 'the store went away');
      };
      return {
        ...plain,
        openRead: (path, options) => {
          gone();
          return plain.openRead(path, options);
        },
      };
    };
    await assert.rejects(run(), (error) => {
      return error instanceof KuraError && error.code === 'unreachable';
    });
    assert.deepEqual(await ids(), []);
    assert.deepEqual(await network.coordinator.sessions(), []);
    const [latest] = await network.coordinator.journal(1);
    assert.equal(latest?.outcome, 'failed', 'C12: and is not said to be done');
    store.wrap = (disk) => disk;
    assert.equal((await run()).snapshots, 2);
  });
});
