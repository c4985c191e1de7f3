import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { must, SMALL_SHAPE } from '@kura/base';
import type { PackRow } from '@kura/contract';
import { faultDisk, systemError } from '@kura/testing';
import { prune } from '../prune/prune.ts';
import { TestNetwork } from '../test-network.ts';
import { type CheckReport, check, type ReadData } from './check.ts';

const NONE: ReadData = { kind: 'none' };
const ALL: ReadData = { kind: 'all' };

describe('check', () => {
  let network: TestNetwork;
  let data: PackRow;
  let record: PackRow;

  const run = async (readData: ReadData = NONE): Promise<CheckReport> =>
    check(readData, await network.context());
  const stateOf = async (city: string, { packId }: PackRow): Promise<string | undefined> => {
    const row = await network.coordinator.pack(packId);
    return row?.copies.find(({ storeId }) => network.cityOf(storeId) === city)?.state;
  };
  const findings = (report: CheckReport): string[] =>
    report.hurtPacks.flatMap(({ hurt }) =>
      hurt.map(({ storeId, state }) => `${network.cityOf(storeId)}: ${state}`),
    );

  beforeEach(async () => {
    network = await TestNetwork.found();
    await network.save({ a: network.random.bytes(30_000), 'sub/b': network.random.bytes(3000) });
    const [head] = await network.coordinator.snapshots();
    const rows = await network.rows();
    const isRecord = (row: PackRow): boolean => row.packId === head?.packId;
    record = must(rows.find(isRecord), 'the pack of the snapshot');
    data = must(
      rows.toSorted((a, b) => b.leafCount - a.leafCount).find((row) => !isRecord(row)),
      'a pack of data',
    );
  });

  afterEach(() => network.close());

  it('A5: says that all is whole when it is, and how much it has read', async () => {
    const quick = await run();
    assert.deepEqual([quick.hurtPacks.length, quick.hurtStores.size], [0, 0]);
    assert.deepEqual(quick.lostSnapshots, []);
    assert.equal(quick.snapshots, 1);
    const rows = await network.rows();
    const windowBytes = SMALL_SHAPE.windowLeaves * SMALL_SHAPE.leafBytes;
    assert.equal(quick.bytesRead, quick.copiesRead * windowBytes);
    const whole = await run(ALL);
    const leaves = rows.reduce((sum, row) => sum + row.leafCount * row.copies.length, 0);
    assert.equal(whole.bytesRead, leaves * SMALL_SHAPE.leafBytes);
  });

  it('A5: sees rot anywhere when all is read, and in the first window at any time', async () => {
    network.damage('seoul', data, data.leafCount - 1);
    assert.deepEqual(findings(await run()), []);
    assert.deepEqual(findings(await run(ALL)), ['seoul: damaged']);
    assert.equal(await stateOf('seoul', data), 'damaged');
    network.damage('frankfurt', record, 0);
    const report = await run();
    assert.ok(findings(report).includes('frankfurt: damaged'));
    assert.equal(report.hurtStores.size, 1);
  });

  it('notes what it saw, both ways', async () => {
    const { storeId } = network.store('seoul').identity;
    await network.coordinator.setCopyState(data.packId, storeId, 'damaged');
    await run();
    assert.equal(await stateOf('seoul', data), 'held');
    network.unlinkCopy('seoul', data);
    await run();
    assert.equal(await stateOf('seoul', data), 'lost');
  });

  it('a store that is away says nothing about its copies', async () => {
    network.store('seoul').isAway = true;
    const report = await run();
    assert.deepEqual(new Set(findings(report)), new Set(['seoul: unreachable']));
    assert.equal(await stateOf('seoul', data), 'held');
    assert.deepEqual([...report.hurtStores.values()], ['it cannot be reached']);
    assert.ok(report.hurtPacks.every((pack) => !pack.isLost && pack.intactCopies === 1));
  });

  it('a pack that cannot be read now is not lost, nor is its snapshot', async () => {
    for (const city of ['seoul', 'frankfurt']) network.store(city).isAway = true;
    const report = await run();
    assert.ok(report.hurtPacks.every((pack) => !pack.isLost && pack.intactCopies === 0));
    assert.equal(report.hurtPacks.length, (await network.rows()).length);
    assert.deepEqual(report.lostSnapshots, []);
  });

  it('a medium that errs is not taken for a copy that rots', async () => {
    // The first read is that of the store's record.
    network.store('seoul').wrap = (disk) =>
      faultDisk(disk, { only: ['read'], at: 2, lasting: true });
    const report = await run();
    assert.deepEqual(new Set(findings(report)), new Set(['seoul: unreachable']));
    assert.equal(await stateOf('seoul', data), 'held');
  });

  it('names the snapshots that need what is lost, and no others', async () => {
    const older = await network.coordinator.snapshots();
    await network.save({ other: network.random.bytes(20_000) });
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, data);
    const report = await run();
    assert.deepEqual(
      report.hurtPacks.filter((pack) => pack.isLost).map((pack) => pack.row.packId),
      [data.packId],
    );
    assert.deepEqual(
      report.lostSnapshots,
      older.map((row) => row.snapshotId),
    );
  });

  it('a snapshot whose record is lost hides none of the others', async () => {
    const [hurt] = await network.coordinator.snapshots();
    await network.save({ other: network.random.bytes(20_000) });
    network.loseCache();
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, record);
    assert.deepEqual((await run()).lostSnapshots, [hurt?.snapshotId]);
  });

  it('sees that a snapshot needs chunks which are in no pack that is known', async () => {
    const [head] = await network.coordinator.snapshots();
    const session = await network.coordinator.beginSession('prune');
    // As after a recovery from stores that lack this pack: no row names it.
    await network.coordinator.markPacks([data.packId]);
    const seen = [must(head, 'a snapshot').snapshotId];
    await network.coordinator.condemnPacks(session, [data.packId], seen);
    await network.coordinator.dropPacks([data.packId]);
    await network.coordinator.endSession(session);
    const report = await run();
    assert.equal(report.hurtPacks.length, 0);
    assert.deepEqual(report.lostSnapshots, seen);
  });

  it('C11: a backup that commits while it looks is not taken for a loss', async () => {
    network.afterPacksAreRead(() => network.save({ other: network.random.bytes(20_000) }));
    const report = await run();
    assert.deepEqual([report.hurtPacks, report.lostSnapshots], [[], []]);
  });

  it('C11: what a prune takes away while it looks is not taken for a loss', async () => {
    const [head] = await network.coordinator.snapshots();
    await network.save({ other: network.random.bytes(20_000) });
    await network.forget([must(head, 'a snapshot').snapshotId]);
    const options = { dryRun: false, maxUnused: { kind: 'unlimited' } } as const;
    const context = await network.context();
    // Alone as far as it knows, as a prune on another machine whose check lost its lease.
    const { coordinator } = network;
    network.afterPacksAreRead(async () => {
      for (const { sessionId } of await coordinator.sessions()) {
        await coordinator.endSession(sessionId);
      }
      assert.ok((await prune(options, context)).packsRemoved > 0);
    });
    const report = await run();
    assert.deepEqual([report.hurtPacks, report.lostSnapshots], [[], []]);
  });

  it('a chunk that may be in a pack which is away is not called lost', async () => {
    network.loseCache();
    for (const city of ['seoul', 'frankfurt']) network.unlinkCopy(city, data);
    const rows = await network.rows();
    // Of another pack nobody can say what it holds; the record can be read.
    const away = must(
      rows.find(({ packId }) => packId !== data.packId && packId !== record.packId),
      'a third pack',
    );
    for (const city of ['seoul', 'frankfurt']) {
      const { identity } = network.store(city);
      const copy = must(
        away.copies.find(({ storeId }) => storeId === identity.storeId),
        'a copy',
      );
      network.store(city).wrap = (disk) => ({
        ...disk,
        openRead: (path, options) => {
          if (path.endsWith(copy.copyId)) throw systemError('EIO', 'open', path);
          return disk.openRead(path, options);
        },
        stat: (path) => disk.stat(path),
        list: (path) => disk.list(path),
        freeBytes: (path) => disk.freeBytes(path),
      });
    }
    const report = await run();
    assert.equal(report.hurtPacks.filter((pack) => pack.isLost).length, 1);
    assert.deepEqual(report.lostSnapshots, []);
  });

  it('reads the part that it is told to: all parts together read every copy once', async () => {
    const windowBytes = SMALL_SHAPE.windowLeaves * SMALL_SHAPE.leafBytes;
    const rows = await network.rows();
    const copies = rows.reduce((sum, row) => sum + row.copies.length, 0);
    let beyondWindows = 0;
    for (const part of [1, 2, 3]) {
      const report = await run({ kind: 'part', part, of: 3 });
      beyondWindows += report.bytesRead - copies * windowBytes;
    }
    const whole = await run(ALL);
    assert.equal(beyondWindows, whole.bytesRead - copies * windowBytes);
    const nothing = await run({ kind: 'share', share: 0 });
    assert.equal(nothing.bytesRead, copies * windowBytes);
    assert.equal((await run({ kind: 'share', share: 1 })).bytesRead, whole.bytesRead);
  });

  it('C11: a check that takes hours stays alive, so that a prune waits for it', async () => {
    const { coordinator } = network;
    const end = coordinator.endSession.bind(coordinator);
    let living = 0;
    coordinator.endSession = async (session) => {
      living = (await coordinator.sessions()).length;
      await end(session);
    };
    const onProgress = (): void => network.clock.advance(10 * 60 * 1000);
    await check(NONE, { ...(await network.context()), onProgress });
    assert.equal(living, 1);
  });

  it('leaves no session behind, also when it fails', async () => {
    const context = await network.context();
    const broken = {
      ...context,
      onProgress: () => {
        throw new Error('the terminal is gone');
      },
    };
    await assert.rejects(check(NONE, broken), /terminal/);
    assert.deepEqual(await network.coordinator.sessions(), []);
  });
});
